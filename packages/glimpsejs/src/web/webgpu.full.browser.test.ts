// Sample pictures on ONNX Runtime's WebGPU provider, on SwiftShader: Node's captions, ids and scores.
import { webgpuUrls } from "@glimpsejs/backend-ort-web/assets";
import { sampleFiles } from "@glimpsejs/demo-model/samples";
import { expect, test, vi } from "vitest";
import { commands } from "vitest/browser";
import { load, ortWeb } from "./index.ts";

vi.setConfig({ testTimeout: 600_000 });

test("captions, ids and scores of greedy search, and the caption of two beams", async () => {
  await using git = await load(undefined, { backend: ortWeb({ provider: "webgpu", urls: webgpuUrls }) });
  const samples = Object.entries(await commands.nodeScores("pictures"));
  for (const [file, { text, tokens, score }] of samples) {
    const result = await git.caption(sampleFiles[file]);
    expect(result.text, file).toBe(text);
    expect(result.tokens, file).toEqual(tokens);
    expect(Math.abs(result.score - score), file).toBeLessThan(1e-4);
  }
  const [file = "", { text = "" } = {}] = samples[1] ?? [];
  expect((await git.caption(sampleFiles[file], { numBeams: 2 })).text).toBe(text);
});
