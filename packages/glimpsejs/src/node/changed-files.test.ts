// Weight files that change while a model is open, with real files on ONNX Runtime, which maps them and builds its
// sessions only when a graph is first run.
import { cp, mkdtemp, open, rename, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { demoCheckpoints } from "@glimpsejs/demo-model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GitForCausalLM, ortNode } from "./index.ts";

const backend = ortNode({ threads: 1 });
const data = Float32Array.from({ length: 3 * 96 * 96 }, (_, i) => Math.sin(i * 0.37));
const pixelValues = { dtype: "float32", shape: [1, 3, 96, 96], data } as const;
const inputs = { pixelValues, inputIds: [[2, 15]] };

let folder: string;
let weights: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "glimpse-changed-"));
  weights = path.join(folder, "model.safetensors");
  await cp(fileURLToPath(demoCheckpoints.captions), folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

/** Overwrites bytes in the middle of the file with zeros. */
async function rewrite(file: string): Promise<void> {
  const handle = await open(file, "r+");
  await handle.write(new Uint8Array(1_000_000), 0, 1_000_000, 3_000_000);
  await handle.close();
}

async function logitsOf(source: string): Promise<Float32Array | undefined> {
  await using model = await GitForCausalLM.fromPretrained(source, { backend });
  return (await model.forward(inputs)).logits?.data;
}

test("A12: a file that another took the place of before the first run is still the one that was opened", async () => {
  const expected = await logitsOf(folder);
  await using model = await GitForCausalLM.fromPretrained(folder, { backend });
  const other = path.join(folder, "other");
  await cp(weights, other);
  await rewrite(other);
  await rename(other, weights);
  expect((await model.forward(inputs)).logits?.data).toEqual(expected);
});

test("A12: a file that was rewritten before the first run is refused, and a fresh load works", async () => {
  await using model = await GitForCausalLM.fromPretrained(folder, { backend });
  await rewrite(weights);
  await expect(model.forward(inputs)).rejects.toMatchObject({
    code: "invalid-weights",
    message: expect.stringContaining("the file changed while it was open"),
  });
  expect(await logitsOf(fileURLToPath(demoCheckpoints.captions))).toHaveLength(67 * 379);
});

test("A12: saving into the folder a model came from leaves it what it was", async () => {
  await using model = await GitForCausalLM.fromPretrained(folder, { backend });
  await model.pruneHeads({ 0: [1] });
  await model.generate({ ...inputs, maxNewTokens: 3 });
  await model.savePretrained(folder);
  const after = (await model.forward(inputs)).logits?.data;
  expect(after?.some(Number.isNaN)).toBe(false);
  expect(after).toEqual(await logitsOf(folder));
});
