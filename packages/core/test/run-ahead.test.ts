// Steps submitted before their tokens are read: the same texts, the steps beyond their ends thrown away.
import { float32 } from "@glimpsejs/graph";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AbortedError, type GenerateInputs, type GitForCausalLM } from "../src/index.ts";
import { caseFolder, countingBackend, glimpse, somePixels } from "./support.ts";

const { plugin, fed, live, runs } = countingBackend();
const pixelValues = somePixels(2, 3, 32, 32);
const inputIds = [[1, 30], [1, 42, 17], [1], [1, 8]];
let model: GitForCausalLM;

beforeAll(async () => {
  model = await glimpse.GitForCausalLM.fromPretrained(caseFolder("generate-image"), { backend: plugin });
});
afterAll(() => model.dispose());

async function texts(options: GenerateInputs) {
  const { sequences, logProbs } = await model.generate(options);
  expect(live.size).toBe(0);
  return { sequences, logProbs };
}

describe.each([1, 2, 5, 100])("%d steps ahead", (runAhead) => {
  test.each<[string, GenerateInputs]>([
    ["one picture", { pixelValues: somePixels(1, 3, 32, 32) }],
    ["pictures with prompts of different lengths", { inputIds }],
    ["rows that end one after the other", { inputIds, eosTokenId: [2, 97, 60, 8, 94] }],
    ["pictures with different numbers of rows left", { inputIds, eosTokenId: [94, 11, 50, 2] }],
    [
      "what only counts",
      { inputIds, suppressTokens: [94], beginSuppressTokens: [60], minNewTokens: 4, badWordsIds: [[8]] },
    ],
    ["a stopping rule", { inputIds, stoppingCriteria: [(tokens) => tokens.length > 6] }],
    ["no log-probabilities", { inputIds, outputLogProbs: false }],
    ["what needs the text itself", { inputIds, noRepeatNgramSize: 2 }],
    ["a prompt that leaves less room than the others", { inputIds, maxNewTokens: null, maxLength: 7 }],
  ])("%s", async (_, options) => {
    const call: GenerateInputs = { pixelValues, maxNewTokens: 9, ...options };
    expect(await texts({ ...call, runAhead })).toEqual(await texts(call));
  });
});

test("every run is one step, also those that were in vain", async () => {
  const call = { pixelValues, eosTokenId: null, maxNewTokens: 6 };
  const before = runs["decoder"] ?? 0;
  await texts({ ...call, runAhead: 3 });
  expect((runs["decoder"] ?? 0) - before).toBe(6); // no step beyond a length that is known
  expect(fed.slice(-5)).toEqual([1, 1, 1, 1, 1]);
  const { sequences } = await texts({ ...call, pixelValues: somePixels(1, 3, 32, 32) });
  const second = sequences[0]?.[2] ?? 0;
  const start = runs["decoder"] ?? 0;
  await texts({ ...call, pixelValues: somePixels(1, 3, 32, 32), eosTokenId: second, runAhead: 3 });
  expect((runs["decoder"] ?? 0) - start).toBe(2 + 3);
});

test("a backend that is far away says how far to run ahead, unless the call does", async () => {
  const { plugin: near, runs: made } = countingBackend();
  const far = {
    ...near,
    open: async () => Object.assign(await near.open(), { runAhead: 1 }),
  };
  const other = await glimpse.GitForCausalLM.fromPretrained(caseFolder("generate-image"), { backend: far });
  const call = { pixelValues: somePixels(1, 3, 32, 32), maxNewTokens: 6 };
  const { sequences } = await other.generate({ ...call, eosTokenId: null });
  const runsOf = async (options: GenerateInputs) => {
    const before = made["decoder"] ?? 0;
    await other.generate({ ...call, eosTokenId: sequences[0]?.[2] ?? 0, ...options });
    return (made["decoder"] ?? 0) - before;
  };
  expect(await runsOf({})).toBe(2 + 1);
  expect(await runsOf({ runAhead: 0 })).toBe(2);
  expect(await runsOf({ runAhead: 3 })).toBe(2 + 3);
  await other.dispose();
});

test("a model that computes NaN is told of, not fed its own −1", async () => {
  const bad = float32(new Float32Array(2 * 3 * 32 * 32).fill(Number.NaN), [2, 3, 32, 32]);
  for (const runAhead of [1, 4]) {
    await expect(model.generate({ pixelValues: bad, runAhead })).rejects.toMatchObject({ code: "non-finite" });
    expect(live.size).toBe(0);
  }
});

test("an abort frees what is under way and tells the tokens so far", async () => {
  const controller = new AbortController();
  const steps = model.generateSteps({ pixelValues, runAhead: 4, eosTokenId: null, signal: controller.signal });
  await steps.next();
  await steps.next();
  controller.abort();
  const error = await steps.next().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AbortedError);
  expect(error instanceof AbortedError && error.sequences.map(({ tokens }) => tokens.length)).toEqual([2, 2]);
  expect(live.size).toBe(0);
});

test.each([-1, 0.5, Number.NaN])("runAhead %d is refused", async (runAhead) => {
  await expect(model.generate({ pixelValues, runAhead })).rejects.toThrow(/"runAhead": it is not a number of steps/);
});
