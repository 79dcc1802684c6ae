import { createHash } from "node:crypto";
import { presetConfig } from "@glimpsejs/config";
import { elementCount } from "@glimpsejs/graph";
import { expectedWeights } from "@glimpsejs/model";
import { expect, test } from "vitest";
import {
  syntheticExpectation,
  syntheticNames,
  syntheticPixels,
  syntheticWeight,
  syntheticWeights,
} from "./synthetic.ts";

const hash = (values: Float32Array) =>
  createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex")
    .slice(0, 16);

// From fixtures/reference/synthetic.py: sha256(weight(name, shape).tobytes())
test.each([
  ["git.encoder.layer.3.attention.self.query.weight", [768, 768], "830df5d29963c918"],
  ["git.encoder.layer.3.attention.self.query.bias", [768], "a26ba95ed94d2a6f"],
  ["git.embeddings.LayerNorm.weight", [768], "465effaa84c70ea9"],
  ["git.embeddings.LayerNorm.bias", [768], "344aa01db72d065a"],
  ["git.embeddings.position_embeddings.weight", [1024, 768], "dbaa3050aa5425dc"],
  ["git.image_encoder.vision_model.embeddings.class_embedding", [768], "ce1289b5e3e0876c"],
  ["git.image_encoder.vision_model.embeddings.patch_embedding.weight", [768, 3, 16, 16], "8aec8581037caa1e"],
  ["git.image_encoder.vision_model.embeddings.position_embedding.weight", [197, 768], "cdae0a4a1a6c4a61"],
  ["git.image_encoder.vision_model.encoder.layers.0.layer_norm1.weight", [768], "e4f11cd51f4b6ec8"],
  ["git.visual_projection.visual_projection.1.weight", [768], "f4fdeeaf581d57b4"],
  ["git.visual_projection.visual_projection.0.weight", [768, 768], "ceeb683d9e9b4793"],
  ["git.img_temporal_embedding.5", [1, 1, 768], "5baddc70398a5b2f"],
])("the bytes of %s are those of the Python formula", (name, shape, expected) => {
  expect(hash(syntheticWeight(name, shape))).toBe(expected);
});

test("the bytes of the pixel values are those of the Python formula", () => {
  expect(hash(syntheticPixels([1, 3, 224, 224]).data)).toBe("c654ed072efb778b");
});

test.each(syntheticNames)("%s has as many weights as the oracle counts", async (name) => {
  const shapes = [...expectedWeights(presetConfig(name), "causalLM").values()];
  const { parameters } = await syntheticExpectation(name);
  expect(shapes.reduce((sum, shape) => sum + elementCount(shape), 0)).toBe(parameters);
});

test("a weight is made when it is read", async () => {
  const weights = syntheticWeights(presetConfig("git-base-vatex"));
  expect(weights.get("no.such.weight")).toBeUndefined();
  const weight = weights.get("git.img_temporal_embedding.5");
  expect(weight).toMatchObject({ dtype: "float32", shape: [1, 1, 768], byteLength: 3072 });
  const bytes = await weight?.bytes();
  expect(bytes).toEqual(new Uint8Array(syntheticWeight("git.img_temporal_embedding.5", [1, 1, 768]).buffer));
});
