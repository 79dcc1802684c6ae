// Memory until the first caption, of processes of their own on git-base: never more than what the backend estimates
// before it loads, and not so much less that a load is refused which would fit. Of what is built; large, as its neighbour.
import { fork } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { presetConfig } from "@glimpsejs/config";
import { weightBytes } from "@glimpsejs/core";
import { ortNode } from "glimpsejs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Request } from "./calls.ts";
import { syntheticPixels, writeSynthetic } from "./synthetic.ts";

const shape = [1, 3, 224, 224];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "glimpse-memory-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Peaks {
  readonly bytes: number;
  /** Before there was a model, the runtime imported. */
  readonly base: number;
}

/** Peak memory of a process that loads git-base and captions a picture, in bytes. `cache`: where weights are kept. */
async function peak(dtype: string, cache: string): Promise<Peaks> {
  const file = path.join(folder, "pixels.f32");
  await writeFile(file, new Uint8Array(syntheticPixels(shape).data.buffer));
  const checkpoint = await writeSynthetic("git-base", path.join(os.tmpdir(), "glimpse-synthetic"));
  const env = { ...process.env, GLIMPSE_CACHE: cache };
  const child = fork(new URL("../dist/child.js", import.meta.url), { execArgv: [], env });
  const ask = (request: Request) =>
    new Promise<unknown>((resolve, reject) => {
      child.once("message", ({ answer, error }: { answer?: unknown; error?: string }) =>
        error === undefined ? resolve(answer) : reject(new Error(error)),
      );
      child.once("exit", (code) => reject(new Error(`the process ended with ${code}`)));
      child.send({ id: 0, request });
    });
  try {
    const base = Number(await ask({ kind: "baseMemory", backend: "ort-node" }));
    const pixels = { file, shape };
    await ask({ kind: "open", folder: checkpoint, backend: "ort-node", dtype, threads: undefined, pixels });
    await ask({ kind: "generate", pictures: 1, prompts: [[101]], tokens: 20, beams: 1 });
    return { bytes: Number(await ask({ kind: "memory" })), base };
  } finally {
    child.disconnect();
  }
}

test.each([
  ["fp32", "kept"],
  ["int8", "kept"], // made now
  ["int8", "kept"],
  ["int8", ""],
  ["int4", "kept"],
  ["int4", "kept"],
  ["int4", ""],
] as const)("%s, cache %j", { timeout: 300_000 }, async (dtype, cache) => {
  const { bytes, base } = await peak(dtype, cache && path.join(folder, cache));
  const estimate = ortNode().estimateMemory?.(weightBytes(presetConfig("git-base"), dtype)) ?? 0;
  console.log(
    `${dtype}, cache ${JSON.stringify(cache)}: ${(bytes / 1e6).toFixed()} of ${(estimate / 1e6).toFixed()} MB`,
  );
  expect(bytes).toBeLessThan(estimate);
  expect(bytes).toBeGreaterThan(estimate / 2);
  // Node alone is 40 MB; the weights are not there yet.
  expect(base).toBeGreaterThan(4e7);
  expect(base).toBeLessThan(1.3e8);
});
