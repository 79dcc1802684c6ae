// The row of transformers.js, on a module that only pretends.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { importTransformersJs, measureTransformersJs, type TransformersJs } from "./transformers-js.ts";

function pretender() {
  const calls: unknown[] = [];
  const module: TransformersJs = {
    env: { version: "4.0.0", localModelPath: "/models/", allowRemoteModels: true },
    RawImage: class {
      constructor(data: Uint8ClampedArray, width: number, height: number, channels: number) {
        calls.push([data.length, width, height, channels]);
      }
    },
    async pipeline(...args) {
      calls.push(args);
      return async (_, options) => calls.push(options);
    },
  };
  return { module, calls };
}

test("loads once, captions once more than there are rounds, and says which model it was", async () => {
  const { module, calls } = pretender();
  const row = await measureTransformersJs(module, "someone/captions", { tokens: 20, rounds: 3 });
  expect(row).toMatchObject({ name: "transformers.js 4.0.0, someone/captions", ms: { runs: 3 } });
  expect(calls[0]).toEqual(["image-to-text", "someone/captions", { dtype: "fp32", device: "cpu" }]);
  expect(calls.slice(1, 3)).toEqual([[150528, 224, 224, 3], { max_new_tokens: 20, min_new_tokens: 20 }]);
  expect(calls).toHaveLength(1 + 2 * 4);
  expect(module.env.allowRemoteModels).toBe(true);
});

test("a folder is loaded from where it is, and nothing is fetched", async () => {
  const { module, calls } = pretender();
  const folder = mkdtempSync(path.join(tmpdir(), "glimpse-other-"));
  await measureTransformersJs(module, folder, { tokens: 1, rounds: 1 });
  expect(module.env).toMatchObject({ localModelPath: path.dirname(folder), allowRemoteModels: false });
  expect(calls[0]).toMatchObject({ 1: path.basename(folder) });
});

test("where the package is missing it is an error to be noted", async () => {
  await expect(importTransformersJs("@glimpsejs/no-such-package")).rejects.toThrow("no-such-package");
});
