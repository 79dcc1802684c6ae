// The names and shapes of weights against real state dicts, and every way in which a checkpoint can fail to fit.
import { readdirSync, readFileSync } from "node:fs";
import { GlimpseError } from "@glimpsejs/base";
import { GitConfig } from "@glimpsejs/config";
import type { Weight, WeightSource } from "@glimpsejs/graph";
import { describe, expect, test } from "vitest";
import { canonicalName, expectedWeights, matchWeights } from "./index.ts";

const cases = new URL("../../../fixtures/reference/cases/", import.meta.url);

function readCase(name: string): { config: GitConfig; stored: Map<string, readonly number[]> } {
  const bytes = readFileSync(new URL(`${name}/model.safetensors`, cases));
  const header: Record<string, { shape: number[] }> = JSON.parse(
    bytes.toString("utf8", 8, 8 + Number(bytes.readBigUInt64LE(0))),
  );
  const stored = Object.entries(header).flatMap(([key, t]) =>
    key === "__metadata__" ? [] : [[key, t.shape] as const],
  );
  const config = GitConfig.fromJson(JSON.parse(readFileSync(new URL(`${name}/config.json`, cases), "utf8")));
  return { config, stored: new Map(stored) };
}

function source(stored: ReadonlyMap<string, readonly number[]>, dtype: Weight["dtype"] = "float32"): WeightSource {
  const bytes = async () => new Uint8Array();
  return {
    names: [...stored.keys()],
    get(name) {
      const shape = stored.get(name);
      return shape && { dtype, shape, byteLength: 0, bytes };
    },
  };
}

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (GlimpseError.isInstance(error, "invalid-weights"))
      return error.problems.map((p) => `${p.subject}: ${p.problem}`);
    throw error;
  }
  return [];
}

describe("expectedWeights", () => {
  test.each(readdirSync(cases))("is what transformers saved for %s", (name) => {
    const { config, stored } = readCase(name);
    expect(Object.fromEntries(expectedWeights(config, "causalLM"))).toEqual(Object.fromEntries(stored));
  });
});

describe("canonicalName", () => {
  test("reads the files of all three classes, and the Hub's spelling of the temporal embeddings", () => {
    expect(canonicalName("vision_model.post_layernorm.bias")).toBe(
      "git.image_encoder.vision_model.post_layernorm.bias",
    );
    expect(canonicalName("image_encoder.vision_model.post_layernorm.bias")).toBe(
      "git.image_encoder.vision_model.post_layernorm.bias",
    );
    expect(canonicalName("embeddings.LayerNorm.bias")).toBe("git.embeddings.LayerNorm.bias");
    expect(canonicalName("git.img_temperal_embedding.3")).toBe("git.img_temporal_embedding.3");
    expect(canonicalName("output.bias")).toBe("output.bias");
  });

  test("leaves out the position_ids buffers of older files", () => {
    expect(canonicalName("git.embeddings.position_ids")).toBeUndefined();
    expect(canonicalName("git.image_encoder.vision_model.embeddings.position_ids")).toBeUndefined();
  });
});

describe("matchWeights", () => {
  const { config, stored } = readCase("forward-base");
  const edited = (edit: (weights: Map<string, readonly number[]>) => void): WeightSource => {
    const copy = new Map(stored);
    edit(copy);
    return source(copy);
  };

  test("A10: missing, extra, transposed and too many layers are listed together", () => {
    const broken = edited((weights) => {
      weights.delete("output.bias");
      weights.set("git.encoder.layer.3.attention.self.key.bias", [40]);
      weights.set("git.encoder.layer.0.intermediate.dense.weight", [40, 72]);
    });
    expect(problemsOf(() => matchWeights(broken, config, "causalLM")).toSorted()).toEqual([
      'weight "git.encoder.layer.0.intermediate.dense.weight": it has the wrong shape',
      'weight "git.encoder.layer.3.attention.self.key.bias": the model has no use for it',
      'weight "output.bias": it is missing',
    ]);
  });

  test("A10: a head that is tied in config.json may be stored or not; an untied one must be", () => {
    const tied = GitConfig.create({ ...config, tieWordEmbeddings: true });
    const without = edited((weights) => weights.delete("output.weight"));
    expect(problemsOf(() => matchWeights(source(stored), tied, "causalLM"))).toEqual([]);
    expect(problemsOf(() => matchWeights(without, tied, "causalLM"))).toEqual([]);
    expect(problemsOf(() => matchWeights(without, config, "causalLM"))).toEqual([
      'weight "output.weight": it is missing',
    ]);
  });

  test("position_ids of older files are ignored", () => {
    const older = edited((weights) => weights.set("git.embeddings.position_ids", [1, 64]));
    expect(matchWeights(older, config, "causalLM").names).toHaveLength(stored.size);
  });

  test("the image encoder loads from a full checkpoint, and unused is judged against the whole model", () => {
    expect(problemsOf(() => matchWeights(source(stored), config, "vision"))).toEqual([]);
    const odd = edited((weights) => weights.set("git.encoder.odd", [1]));
    expect(problemsOf(() => matchWeights(odd, config, "vision"))).toEqual([
      'weight "git.encoder.odd": the model has no use for it',
    ]);
  });

  test("A9: integer weights are refused by name", () => {
    const problems = problemsOf(() => matchWeights(source(stored, "int64"), config, "causalLM"));
    expect(problems).toHaveLength(stored.size);
    expect(problems[0]).toMatch(/it has the wrong dtype$/);
  });

  test("both spellings of the temporal embeddings are accepted, both at once and missing ones are not", () => {
    const video = readCase("forward-video");
    const respelled = new Map(
      [...video.stored].map(([name, shape]) => [name.replace("temporal", "temperal"), shape] as const),
    );
    expect(matchWeights(source(respelled), video.config, "causalLM").get("git.img_temporal_embedding.0")).toBeDefined();
    const both = source(new Map([...video.stored, ...respelled]));
    expect(problemsOf(() => matchWeights(both, video.config, "causalLM"))).toHaveLength(3);
    const missing = source(new Map([...video.stored].filter(([name]) => !name.includes("temporal_embedding.1"))));
    expect(problemsOf(() => matchWeights(missing, video.config, "causalLM"))).toEqual([
      'weight "git.img_temporal_embedding.1": it is missing',
    ]);
  });
});
