// Beam search beyond the reference cases: what groups must have in common with plain beams and how they differ, and
// that beams never copy or reorder a cache. The reference dropped groups in transformers 5, so these are properties.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GenerateInputs, GitForCausalLM } from "../src/index.ts";
import { caseFolder, countingBackend, glimpse, picture, somePixels } from "./support.ts";

const { plugin, runs, fed, live } = countingBackend();
const pixelValues = somePixels(2, 3, 32, 32);
const common: GenerateInputs = {
  pixelValues,
  inputIds: [
    [1, 30],
    [1, 42],
  ],
  maxNewTokens: 8,
};
let model: GitForCausalLM;

beforeAll(async () => {
  model = await glimpse.GitForCausalLM.fromPretrained(caseFolder("generate-image"), { backend: plugin });
});
afterAll(() => model.dispose());

/** First tokens of all running beams after one step, in order. */
async function firstTokens(options: Partial<GenerateInputs>): Promise<readonly (readonly number[])[]> {
  const steps = model.generateSteps({ ...common, ...options });
  const { value } = await steps.next();
  await steps.return([]);
  const sequences = value !== undefined && "sequences" in value ? value.sequences : [];
  const half = sequences.length / 2;
  const tokens = sequences.map((s) => s.tokens[0] ?? -1);
  return [tokens.slice(0, half), tokens.slice(half)];
}

describe("groups of beams", () => {
  test("one group is beam search", async () => {
    const plain = await model.generate({ ...common, numBeams: 4, numReturnSequences: 4 });
    const one = await model.generate({ ...common, numBeams: 4, numReturnSequences: 4, numBeamGroups: 1 });
    expect(one).toEqual({ ...plain, times: one.times });
  });

  test("with next to no penalty every group finds what a beam search of its size finds", async () => {
    const alone = await model.generate({ ...common, numBeams: 2, numReturnSequences: 2 });
    const groups = await model.generate({
      ...common,
      numBeams: 6,
      numBeamGroups: 3,
      diversityPenalty: 1e-9,
      numReturnSequences: 6,
    });
    for (const prompt of [0, 1]) {
      const [best, second] = alone.sequences.slice(2 * prompt, 2 * prompt + 2);
      expect(groups.sequences.slice(6 * prompt, 6 * prompt + 6)).toEqual([best, best, best, second, second, second]);
    }
  });

  test("with a large penalty no two groups begin with the same token, and the first is undisturbed", async () => {
    const options = { numBeams: 6, numBeamGroups: 3, diversityPenalty: 100 };
    const plain = await firstTokens({ numBeams: 2 });
    for (const [p, tokens] of (await firstTokens(options)).entries()) {
      expect(tokens).toHaveLength(6);
      expect(new Set(tokens).size).toBe(6);
      expect(tokens.slice(0, 2)).toEqual(plain[p]);
    }
  });

  test("of one beam each are greedy searches that avoid one another", async () => {
    const greedy = await model.generate({ ...common, eosTokenId: null });
    const groups = await model.generate({
      ...common,
      eosTokenId: null,
      numBeams: 3,
      numBeamGroups: 3,
      diversityPenalty: 50,
      numReturnSequences: 3,
    });
    for (const prompt of [0, 1]) {
      const texts = groups.generated.slice(3 * prompt, 3 * prompt + 3);
      expect(texts).toContainEqual(greedy.generated[prompt]);
      for (let step = 0; step < 8; step++) expect(new Set(texts.map((text) => text[step])).size).toBe(3);
    }
  });

  test("say which beam of the batch each token continued, within its group", async () => {
    const { beamIndices = [] } = await model.generate({
      ...common,
      numBeams: 4,
      numBeamGroups: 2,
      diversityPenalty: 2,
      numReturnSequences: 4,
    });
    for (const [r, indices] of beamIndices.entries()) {
      const groups = new Set(indices.map((beam) => Math.floor(beam / 2)));
      expect(groups.size).toBe(1);
      expect([...groups].every((group) => Math.floor(group / 2) === Math.floor(r / 4))).toBe(true);
    }
  });
});

describe("the cache of beams", () => {
  test("is fed and returned by name and nothing else: one decoder run a step, one of the image encoder in all", async () => {
    const before = { ...runs };
    const { times } = await model.generate({ ...common, numBeams: 4, eosTokenId: null });
    const made = Object.fromEntries(Object.entries(runs).map(([graph, n]) => [graph, n - (before[graph] ?? 0)]));
    expect(made).toEqual({ vision: 1, decoder: times.length });
    expect(times).toHaveLength(8);
    expect(live.size).toBe(0);
  });

  test("holds one generation of tensors, the trunk's and the tree's, at any step", async () => {
    const perCache = 2 * model.config.numHiddenLayers;
    for await (const _ of model.generateSteps({ ...common, numBeams: 4, eosTokenId: null })) {
      expect(live.size).toBe(2 * perCache);
    }
    expect(live.size).toBe(0);
  });

  test("holds the prompt once, whatever grows from it", async () => {
    const once = async (options: Partial<GenerateInputs>) => {
      const before = fed.length;
      await model.generate({ ...common, eosTokenId: null, maxNewTokens: 2, ...options });
      return fed.slice(before);
    };
    expect(await once({ numBeams: 4 })).toEqual([2, 4]);
    expect(await once({ numBeams: 4, numBeamGroups: 2, diversityPenalty: 1 })).toEqual([2, 4]);
    expect(await once({ doSample: true, numReturnSequences: 5 })).toEqual([2, 5]);
    expect(await once({ doSample: true, numReturnSequences: 5, useCache: false })).toEqual([2, 15]);
  });

  test("does not decide the texts", async () => {
    const beams = { ...common, numBeams: 4, numReturnSequences: 2 };
    const uncached = await model.generate({ ...beams, useCache: false });
    expect(uncached.sequences).toEqual((await model.generate(beams)).sequences);
    for (const [i, prompt] of (common.inputIds ?? []).entries()) {
      const alone = await model.generate({ ...beams, pixelValues: picture(pixelValues, i), inputIds: [prompt] });
      expect(uncached.sequences.slice(2 * i, 2 * i + 2)).toEqual(alone.sequences);
    }
  });
});

test("beam scores are the sums of log-probabilities over length^lengthPenalty, in order", async () => {
  const output = await model.generate({ ...common, numBeams: 4, numReturnSequences: 4, lengthPenalty: 0.7 });
  for (const [r, logProbs] of output.logProbs.entries()) {
    const total = logProbs.reduce((a, b) => a + b, 0);
    expect(output.sequencesScores?.[r]).toBeCloseTo(total / logProbs.length ** 0.7, 4);
  }
  for (const prompt of [0, 1]) {
    const scores = output.sequencesScores?.slice(4 * prompt, 4 * prompt + 4) ?? [];
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  }
});
