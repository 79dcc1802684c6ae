// What a caption costs on WebGPU, counted: submits, dispatches, bytes that are read back, and bytes that stay.
import { type WebGpuBackend, webgpu } from "@glimpsejs/backend-webgpu";
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

  test.each([
    // Of each candidate an id and a logit; beams want a sum of each leaf, too.
    ["4 beams: the best 8 of each", { numBeams: 4 }, 4, 8 * 8 + 4],
    ["beams with two end tokens: 3 for each of them", { numBeams: 4, eosTokenId: [2, 3] }, 4, 12 * 8 + 4],
    ["top-k 5: those, and one that says whether it ties with them", { doSample: true, topK: 5 }, 1, 6 * 8 + 4],
    ["the default of sampling, top-k 50", { doSample: true }, 1, 51 * 8 + 4],
    ["top-k 5 without log-probabilities", { doSample: true, topK: 5, outputLogProbs: false }, 1, 6 * 8],
    ["greedy with what changes scores: the best, and what it changes", { repetitionPenalty: 1.5 }, 1, 8 + 4],
  ])("%s; never a row of logits", async (_, options, leaves, bytes) => {
    const before = { ...backend.counters };
    // No end token is likely enough to shorten this: every step has all leaves, the first run one.
    const search = { pixelValues, inputIds: [[1, 30]], maxNewTokens: 4, eosTokenId: null, seed: 7, ...options };
    await model.generate(search);
    const named = "repetitionPenalty" in options ? 4 * (2 + 3 + 4 + 5) : 0; // every token of the text so far
    expect(backend.counters.bytesRead - before.bytesRead).toBe((1 + 3 * leaves) * bytes + named);
    expect(backend.counters.runs - before.runs).toBe(1 + 4);
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
