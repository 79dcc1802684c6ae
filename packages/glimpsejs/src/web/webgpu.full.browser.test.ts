// Sample pictures on ONNX Runtime's WebGPU provider, on SwiftShader: Node's captions, ids and scores.
import { webgpuUrls } from "@glimpsejs/backend-ort-web/assets";
import { sampleFiles } from "@glimpsejs/demo-model/samples";
import * as ort from "onnxruntime-web/webgpu";
import { expect, onTestFinished, test, vi } from "vitest";
import { commands } from "vitest/browser";
import { load, ortWeb } from "./index.ts";

vi.setConfig({ testTimeout: 600_000 });

/** What ops the runtime gives to the processor from now on, and how many nodes to the GPU, by its own log. */
function watchPlacement() {
  const { create } = ort.InferenceSession;
  vi.spyOn(ort.InferenceSession, "create").mockImplementation((model, options) =>
    create.call(ort.InferenceSession, model, { ...options, logSeverityLevel: 0 }),
  );
  const onProcessor = new Map<string, number>();
  let [onGpu, provider] = [0, ""];
  vi.spyOn(console, "error").mockImplementation((...said) => {
    const line = said.join(" ");
    const placed = /placed on \[(\w+)\]\. Number of nodes: (\d+)/.exec(line);
    if (placed !== null) {
      provider = placed[1] ?? "";
      if (provider === "WebGpuExecutionProvider") onGpu += Number(placed[2]);
      return;
    }
    const op = /VerifyEachNodeIsAssignedToAnEp\] +(\w+) \(/.exec(line)?.[1];
    if (op !== undefined && provider === "CPUExecutionProvider") onProcessor.set(op, (onProcessor.get(op) ?? 0) + 1);
  });
  onTestFinished(() => void vi.restoreAllMocks());
  return { onProcessor, onGpu: () => onGpu };
}

test("F36: the GPU computes everything but sizes", async () => {
  const placement = watchPlacement();
  await using git = await load(undefined, { backend: ortWeb({ provider: "webgpu", urls: webgpuUrls, ort }) });
  const { text } = await git.caption(sampleFiles["pictures/02.png"]);
  expect(text).toBe("a book on a white background");
  expect(placement.onGpu()).toBeGreaterThan(100);
  // Arithmetic of dimensions, a few nodes of each; neither products nor norms, nor what a layer has one of.
  const ofSizes = ["Add", "Cast", "Concat", "Div", "Max", "Mul", "Slice", "Sub"];
  for (const op of placement.onProcessor.keys()) expect(ofSizes).toContain(op);
});

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
