// What a caption costs on WebGPU, counted: submits, dispatches, bytes that are read back, and bytes that stay.
import { type WebGpuBackend, webgpu } from "@glimpsejs/backend-webgpu";
import { candidateCount } from "@glimpsejs/model";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { noGpu } from "../../../tooling/gpu/swiftshader.mjs";
import type { GitForCausalLM, LoadProgress } from "../src/index.ts";
import { caseFolder, glimpse, somePixels } from "./support.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

describe.skipIf(noGpu !== undefined)(`on WebGPU${noGpu === undefined ? "" : ` (skipped: ${noGpu})`}`, () => {
  const plugin = webgpu({ selfTest: false });
  let backend: WebGpuBackend;
  let model: GitForCausalLM;
  const reports: LoadProgress[] = [];
  const pixelValues = somePixels(1, 3, 32, 32);
  const inputs = { pixelValues, inputIds: [[1, 30]], maxNewTokens: 6, eosTokenId: null };

  beforeAll(async () => {
    const watched = {
      ...plugin,
      async open() {
        backend = await plugin.open();
        return backend;
      },
    };
    const onProgress = (report: LoadProgress) => void reports.push(report);
    model = await glimpse.GitForCausalLM.fromPretrained(caseFolder("generate-image"), { backend: watched, onProgress });
  });
  afterAll(() => model.dispose());

  test("loading makes the kernels of a first caption, with progress", async () => {
    const made = reports.filter(({ phase }) => phase === "prepare");
    const total = made[0]?.total ?? 0;
    expect(made.map(({ loaded }) => loaded)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
    expect(made.every((report) => report.total === total)).toBe(true);
    // Of the image encoder, of the first run of the decoder and of its steps.
    expect(total).toBeGreaterThan(60);
    expect(reports.findLast(({ phase }) => phase === "load")).toMatchObject({ file: "weights" });
    const { pipelines, dispatches } = backend.counters;
    expect(dispatches).toBe(0);
    await model.generate({ pixelValues, maxNewTokens: 3, eosTokenId: null });
    expect(backend.counters.pipelines).toBe(pipelines);
    expect(backend.counters.dispatches).toBeGreaterThanOrEqual(total);
  });

  test("a greedy token is one submit and 4 bytes read back; ids are the same when the host runs ahead", async () => {
    const first = await model.generate({ ...inputs, outputLogProbs: false });
    const before = { ...backend.counters };
    const { generated } = await model.generate({ ...inputs, outputLogProbs: false });
    const { runs, submits, bytesRead } = backend.counters;
    expect(generated).toEqual(first.generated);
    expect(runs - before.runs).toBe(submits - before.submits);
    expect(submits - before.submits).toBe(1 + 6); // the image encoder, and a decoder run per token
    expect(bytesRead - before.bytesRead).toBe(4 * 6);
    const ahead = await model.generate({ ...inputs, outputLogProbs: false, runAhead: 3 });
    expect(ahead.generated).toEqual(generated);
    // No pipeline is made twice.
    const { pipelines } = backend.counters;
    await model.generate({ ...inputs, outputLogProbs: false });
    expect(backend.counters.pipelines).toBe(pipelines);
  });

  test("beams read the best candidates of each leaf, never a row of logits", async () => {
    const search = { pixelValues, inputIds: [[1, 30]], numBeams: 3, maxNewTokens: 4, eosTokenId: null };
    const before = backend.counters.bytesRead;
    await model.generate(search);
    // The prefill has one leaf, each of three steps has three; of each an id, a logit per candidate, and a sum.
    const { vocabSize } = model.config;
    const leaf = 8 * Math.min(candidateCount, vocabSize) + 4;
    expect(backend.counters.bytesRead - before).toBe((1 + 3 * 3) * leaf);
  });

  test("100 captions leave nothing behind, and dispose() gives back every byte", async () => {
    const short = { ...inputs, maxNewTokens: 2 };
    await model.generate(short);
    const { bytes, tensorBytes } = backend.counters;
    for (let i = 0; i < 100; i++) await model.generate(short);
    expect(backend.counters.tensorBytes).toBe(tensorBytes);
    expect(backend.counters.bytes).toBe(bytes);
    await model.dispose();
    expect(backend.counters.bytes).toBe(0);
  });
});
