// Sample pictures on ONNX Runtime's WebGPU provider, on SwiftShader: Node's captions and ids. Its scores are a known
// divergence: the test of them is there to fail, and says so on the day it does not.
import { webgpuUrls } from "@glimpsejs/backend-ort-web/assets";
import { sampleFiles } from "@glimpsejs/demo-model/samples";
import { expect, test } from "vitest";
import { commands } from "vitest/browser";
import { load, ortWeb } from "./index.ts";

test("captions and ids of greedy search, and the caption of two beams", async () => {
  await using git = await load(undefined, { backend: ortWeb({ provider: "webgpu", urls: webgpuUrls }) });
  const samples = Object.entries(await commands.nodeScores());
  for (const [file, { text, tokens }] of samples.slice(0, 4)) {
    const result = await git.caption(sampleFiles[file]);
    expect(result.text, file).toBe(text);
    expect(result.tokens, file).toEqual(tokens);
  }
  const [file = "", { text = "" } = {}] = samples[1] ?? [];
  expect((await git.caption(sampleFiles[file], { numBeams: 2 })).text).toBe(text);
});

// 0.0022 off for the first picture. It is not LayerNormalization: computed in two passes the score is the same to 1e-7.
test.fails("scores are Node's to 1e-4", async () => {
  await using git = await load(undefined, { backend: ortWeb({ provider: "webgpu", urls: webgpuUrls }) });
  const [[file, { score }] = ["", { score: 0 }]] = Object.entries(await commands.nodeScores());
  expect(Math.abs((await git.caption(sampleFiles[file])).score - score)).toBeLessThan(1e-4);
});
