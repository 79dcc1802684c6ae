// How much of the logits a search reads, counted; and that it finds the same with less as with whole rows.
import { GitConfig } from "@glimpsejs/config";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { GenerateInputs, GenerateOutput, GitForCausalLM } from "../src/index.ts";
import { caseFolder, countingBackend, glimpse, somePixels } from "./support.ts";

// A vocabulary larger than the most candidates that are read.
const config = GitConfig.create({
  vocabSize: 500,
  hiddenSize: 16,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 24,
  maxPositionEmbeddings: 40,
  initializerRange: 0.6,
  bosTokenId: 1,
  eosTokenId: 2,
  visionConfig: {
    imageSize: 16,
    patchSize: 8,
    hiddenSize: 12,
    numHiddenLayers: 1,
    numAttentionHeads: 2,
    intermediateSize: 24,
  },
});
const { plugin, bytes, runs } = countingBackend();
const pixelValues = somePixels(2, 3, 16, 16);
const common: GenerateInputs = { pixelValues, maxNewTokens: 7 };
let model: GitForCausalLM;

beforeAll(async () => {
  model = await glimpse.GitForCausalLM.fromConfig(config, { seed: 5, backend: plugin });
});
beforeEach(() => {
  for (const counts of [bytes, runs]) for (const name of Object.keys(counts)) delete counts[name];
});
afterAll(() => model.dispose());

/** What a call gives when whole rows are read, because a processor could change any score. */
function fromRows(options: GenerateInputs): Promise<GenerateOutput> {
  return model.generate({ ...options, logitsProcessors: [() => {}] });
}

/** Without the times. */
function result({ times: _, ...rest }: GenerateOutput): Omit<GenerateOutput, "times"> {
  return rest;
}

/** What a call gives, or what it says is wrong. */
function outcome(call: Promise<GenerateOutput>): Promise<unknown> {
  return call.then(result, (error: unknown) => String(error));
}

async function expectSame(options: GenerateInputs): Promise<void> {
  const little = result(await model.generate(options));
  expect(bytes["logits"]).toBeUndefined();
  expect(little).toEqual(result(await fromRows(options)));
}

describe("bytes read", () => {
  test("greedy search: its tokens, 4 bytes each, and 8 for a log-probability", async () => {
    const { generated } = await model.generate({ ...common, outputLogProbs: false, eosTokenId: null });
    const tokens = generated.flat().length;
    expect(tokens).toBe(14);
    expect(bytes).toEqual({ nextIds: 4 * tokens });
    expect(runs["decoder"]).toBe(7); // the first with the picture
    await model.generate({ ...common, eosTokenId: null });
    expect(bytes).toEqual({ nextIds: 8 * tokens, candidateLogits: 4 * tokens, logSumExp: 4 * tokens });
  });

  test.each<[string, GenerateInputs, number, number]>([
    ["beams: twice as many of each as there are beams", { numBeams: 3 }, 3, 6],
    ["beams with end tokens: so many that one of each beam goes on", { numBeams: 3, eosTokenId: [2, 498, 499] }, 3, 12],
    [
      "groups: twice their beams, and what the others may take",
      { numBeams: 6, numBeamGroups: 3, diversityPenalty: 1 },
      6,
      4 + 4,
    ],
    ["sampling: top-k and one more", { doSample: true, topK: 5 }, 1, 6],
    ["sampling unless told otherwise", { doSample: true }, 1, 51],
    ["beams sampled: top-k and one more", { doSample: true, numBeams: 3, topK: 7 }, 3, 8],
    ["greedy search with what changes scores: the best", { exponentialDecayLengthPenalty: [1, 0.5] }, 1, 1],
  ])("%s", async (_, options, leaves, count) => {
    await model.generate({ ...common, eosTokenId: null, seed: 1, ...options });
    const read = 2 * (1 + 6 * leaves); // two pictures: a prompt each, then the leaves
    expect(bytes).toMatchObject({ candidateIds: 4 * count * read, candidateLogits: 4 * count * read });
    expect(bytes["logSumExp"]).toBe(4 * read);
    expect(bytes["logits"]).toBeUndefined();
  });

  test("more beams than there are candidates for, or somebody who wants to see: whole rows", async () => {
    await model.generate({ ...common, numBeams: 129, maxNewTokens: 1 });
    expect(bytes["logits"]).toBe(2 * 4 * 500);
    await model.generate({ ...common, outputScores: true, maxNewTokens: 1 });
    expect(bytes["logits"]).toBe(4 * 4 * 500);
    await model.generate({ ...common, doSample: true, topK: 0, maxNewTokens: 1 });
    expect(bytes["logits"]).toBe(6 * 4 * 500);
    expect(bytes["candidateIds"]).toBeUndefined();
  });

  test("forced tokens: their own logits", async () => {
    const { logProbs } = await model.generate({ ...common, forcedBosTokenId: 9, forcedEosTokenId: [2, 3] });
    expect(bytes["givenLogits"]).toBe(4 * 2 * (1 + 2));
    expect(bytes["logits"]).toBeUndefined();
    expect(logProbs.flat().every((logProb) => logProb < 0)).toBe(true);
  });
});

describe("the same is found with whole rows", () => {
  const rules: GenerateInputs = {
    minNewTokens: 3,
    noRepeatNgramSize: 2,
    badWordsIds: [[7], [8, 9], [1, 40]],
    suppressTokens: Array.from({ length: 100 }, (_, i) => 3 * i + 5),
    beginSuppressTokens: [11, 12],
  };
  const changes: GenerateInputs = { repetitionPenalty: 1.7, exponentialDecayLengthPenalty: [2, 1.4] };
  test.each<[string, GenerateInputs]>([
    ["greedy", {}],
    ["greedy with what forbids", rules],
    ["greedy with what changes scores", { ...rules, ...changes }],
    ["greedy with forced tokens", { forcedBosTokenId: 77, forcedEosTokenId: 2, minLength: 20 }],
    ["greedy without log-probabilities", { ...rules, outputLogProbs: false }],
    ["beams", { numBeams: 4, numReturnSequences: 4 }],
    ["beams with rules", { numBeams: 3, ...rules, ...changes }],
    ["beams with forced tokens", { numBeams: 3, forcedBosTokenId: 77, forcedEosTokenId: [2, 3] }],
    ["beams without the cache", { numBeams: 2, useCache: false }],
    ["beams with two ends", { numBeams: 5, eosTokenId: [2, 100], earlyStopping: true }],
    ["groups", { numBeams: 6, numBeamGroups: 3, diversityPenalty: 1.5, numReturnSequences: 6 }],
    // Every group takes two tokens from those after it.
    ["many groups", { numBeams: 64, numBeamGroups: 32, diversityPenalty: 100, maxNewTokens: 2 }],
    ["sampling", { doSample: true, seed: 3, numReturnSequences: 3 }],
    [
      "sampling narrowed",
      { doSample: true, temperature: 1.8, topK: 20, topP: 0.9, typicalP: 0.9, minP: 0.01, ...rules },
    ],
    [
      "sampling cut off",
      { doSample: true, topK: 40, epsilonCutoff: 0.01, etaCutoff: 0.02, renormalizeLogits: true, ...changes },
    ],
    ["beams sampled", { doSample: true, numBeams: 3, seed: 8, topK: 30, temperature: 2 }],
  ])("%s", (_, options) => expectSame({ ...common, ...options }));

  test("whatever the options", async () => {
    const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const token = fc.integer({ min: 0, max: 499 });
    const options = fc.record({
      numBeams: fc.integer({ min: 1, max: 5 }),
      doSample: fc.boolean(),
      seed: fc.integer({ min: 0, max: 999 }),
      topK: fc.integer({ min: 1, max: 60 }),
      temperature: maybe(fc.double({ min: 0.1, max: 5, noNaN: true })),
      topP: maybe(fc.double({ min: 0.1, max: 1, noNaN: true })),
      repetitionPenalty: maybe(fc.double({ min: 0.2, max: 5, noNaN: true })),
      noRepeatNgramSize: maybe(fc.integer({ min: 1, max: 3 })),
      suppressTokens: maybe(fc.array(token, { maxLength: 60 })),
      badWordsIds: maybe(fc.array(fc.array(token, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 5 })),
      minNewTokens: maybe(fc.integer({ min: 0, max: 7 })),
      eosTokenId: fc.uniqueArray(token, { minLength: 1, maxLength: 3 }),
      forcedEosTokenId: maybe(token),
      exponentialDecayLengthPenalty: maybe(
        fc.tuple(fc.integer({ min: 0, max: 3 }), fc.double({ min: 1.1, max: 3, noNaN: true })),
      ),
    });
    await fc.assert(
      fc.asyncProperty(options, async (given) => {
        const call: GenerateInputs = { ...common, maxNewTokens: 5, ...given };
        expect(await outcome(model.generate(call))).toEqual(await outcome(fromRows(call)));
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  test("where the candidates do not suffice, the rows are read in a second run", async () => {
    // All logits of this model are the same, so that more tokens tie with the last of the top-k than were read.
    const { plugin, bytes, live } = countingBackend();
    const flat = GitConfig.create({ ...config, initializerRange: 0 });
    await using model = await glimpse.GitForCausalLM.fromConfig(flat, { seed: 5, backend: plugin });
    const options: GenerateInputs = { ...common, doSample: true, topK: 3, maxNewTokens: 3, eosTokenId: null };
    const little = result(await model.generate(options));
    expect(bytes["logits"]).toBe(2 * 3 * 4 * 500);
    expect(little).toEqual(result(await model.generate({ ...options, logitsProcessors: [() => {}] })));
    expect(live.size).toBe(0);
    // Beams need no more: of equal ones those are known that win.
    delete bytes["logits"];
    const beams: GenerateInputs = { ...common, numBeams: 4, maxNewTokens: 3 };
    const known = result(await model.generate(beams));
    expect(bytes["logits"]).toBeUndefined();
    expect(known).toEqual(result(await model.generate({ ...beams, logitsProcessors: [() => {}] })));
  });

  test("on a trained checkpoint", async () => {
    const watched = countingBackend();
    await using demo = await glimpse.GitForCausalLM.fromPretrained(caseFolder("generate-image"), {
      backend: watched.plugin,
    });
    const call = { pixelValues: somePixels(1, 3, 32, 32), maxNewTokens: 10 };
    for (const options of [{}, { numBeams: 4 }, { doSample: true, topK: 12, seed: 4 }]) {
      const little = result(await demo.generate({ ...call, ...options }));
      expect(watched.bytes["logits"]).toBeUndefined();
      const rows = result(await demo.generate({ ...call, ...options, logitsProcessors: [() => {}] }));
      expect(little).toEqual(rows);
      delete watched.bytes["logits"];
    }
  });
});
