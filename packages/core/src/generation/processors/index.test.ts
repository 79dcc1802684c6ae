// The order of the processors and when they are left out; and every sampler against the reference's numbers.
import { readFile } from "node:fs/promises";
import { bytesSource, openSafetensors, readTensor } from "@glimpsejs/weights";
import { describe, expect, test } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { type LogitsProcessor, type ProcessorOptions, processorsOf } from "./index.ts";

const plain: ProcessorOptions = {
  doSample: false,
  numBeams: 1,
  eosTokenIds: new Set([3]),
  maxLength: () => 20,
};

function listOf(options: ProcessorOptions): readonly LogitsProcessor[] {
  const { rules, samplers } = processorsOf(options);
  return [...rules, ...samplers];
}

function all(options: Partial<ProcessorOptions>): LogitsProcessor {
  const processors = listOf({ ...plain, ...options });
  return (scores, context) => {
    for (const processor of processors) processor(scores, context);
  };
}

test("no options, or options that change nothing, make no processors", () => {
  expect(listOf({ ...plain, doSample: true })).toEqual([]);
  const neutral = { repetitionPenalty: 1, noRepeatNgramSize: 0, minLength: 0, minNewTokens: 0, badWordsIds: null };
  const samplers = { temperature: 1, topK: 0, topP: 1, minP: null, typicalP: 1, epsilonCutoff: 0, etaCutoff: 0 };
  const flags = { removeInvalidValues: false, renormalizeLogits: false };
  expect(listOf({ ...plain, ...neutral, ...samplers, ...flags, doSample: true })).toEqual([]);
});

test("samplers need doSample", () => {
  const options = { temperature: 2, topK: 1, topP: 0.1, minP: 0.9, typicalP: 0.1, epsilonCutoff: 0.5, etaCutoff: 0.5 };
  expect(listOf({ ...plain, ...options })).toEqual([]);
  expect(listOf({ ...plain, ...options, doSample: true })).toHaveLength(7);
});

test("custom processors run after the rules and before the samplers, normalization is last", () => {
  const seen: number[][] = [];
  const custom: LogitsProcessor = (scores) => {
    seen.push([...scores]);
    scores[0] = 2;
  };
  const options = { suppressTokens: [1], logitsProcessors: [custom, custom], temperature: 2, renormalizeLogits: true };
  const result = processed(all({ ...options, doSample: true }), [0, 5, 1]);
  expect(seen).toEqual([
    [0, no, 1],
    [2, no, 1],
  ]);
  const rest = Math.log(Math.E + Math.exp(0.5));
  expect(result).toEqual([expect.closeTo(1 - rest, 6), no, expect.closeTo(0.5 - rest, 6)]);
});

test("rules run in the reference's order", () => {
  // The penalty comes before everything that forbids: a forbidden score would stay.
  expect(processed(all({ repetitionPenalty: 2, badWordsIds: [[0]] }), [4, 4])).toEqual([no, 4]);
  // Forced tokens come after what forbids them, suppressed ones after that.
  const forced = { minNewTokens: 5, forcedBosTokenId: 3, forcedEosTokenId: [2, 3], maxLength: () => 2 };
  expect(processed(all(forced), [1, 1, 1, 1])).toEqual([no, no, 0, 0]);
  expect(processed(all({ ...forced, suppressTokens: [2] }), [1, 1, 1, 1])).toEqual([no, no, no, 0]);
  // Only what was forbidden before removeInvalidValues becomes a number.
  const replaced = processed(all({ badWordsIds: [[1]], removeInvalidValues: true, suppressTokens: [0] }), [1, 1, 1]);
  expect(replaced).toEqual([no, -3.4028234663852886e38, 1]);
  // A forced first token moves beginSuppressTokens to the second.
  const begin = { forcedBosTokenId: 1, beginSuppressTokens: [1, 2] };
  expect(processed(all(begin), [1, 1, 1], [0])).toEqual([no, 0, no]);
  expect(processed(all(begin), [1, 1, 1], [0, 1])).toEqual([1, no, no]);
});

test("with beams samplers keep a token besides the end tokens", () => {
  const options = { doSample: true, topK: 1 };
  expect(processed(all(options), [1, 4, 2, 3])).toEqual([no, 4, no, no]);
  expect(processed(all({ ...options, numBeams: 2 }), [1, 4, 2, 3])).toEqual([no, 4, no, 3]);
  const ends = { eosTokenIds: new Set([0, 3]) };
  expect(processed(all({ ...options, ...ends, numBeams: 2 }), [1, 4, 2, 3])).toEqual([no, 4, 2, 3]);
  const none = { eosTokenIds: new Set<number>() };
  expect(processed(all({ ...options, ...none, numBeams: 2 }), [1, 4, 2, 3])).toEqual([no, 4, no, 3]);
});

describe.each(["generate-image", "generate-image-2", "generate-video"])("%s", async (name) => {
  const url = new URL(`../../../../../fixtures/reference/cases/${name}/expected.safetensors`, import.meta.url);
  const source = await openSafetensors(bytesSource("expected.safetensors", await readFile(url)));
  const rows = async (tensor: string) => {
    const { data, shape } = await readTensor(source.get(tensor) ?? expect.fail(tensor), "float32");
    const [count = 0, width = 0] = shape;
    return Array.from({ length: count }, (_, i) => [...data.subarray(i * width, (i + 1) * width)]);
  };
  const samplers: readonly (readonly [string, Partial<ProcessorOptions>])[] = [
    ["temperature", { temperature: 0.7 }],
    ["top_k", { topK: 7 }],
    ["top_p", { topP: 0.8 }],
    ["min_p", { minP: 0.1 }],
    ["typical_p", { typicalP: 0.6 }],
    ["epsilon_cutoff", { epsilonCutoff: 0.01 }],
    ["eta_cutoff", { etaCutoff: 0.02 }],
  ];
  test.each(samplers)("%s equals the reference", async (tensor, options) => {
    const sampler = all({ ...options, doSample: true });
    const got = (await rows("sampling.logits")).map((scores) => processed(sampler, scores));
    const expected = await rows(`sampling.${tensor}`);
    const close = (score: number) => (score <= -1e30 ? no : expect.closeTo(score, 4));
    expect(got).toEqual(expected.map((scores) => scores.map(close)));
  });
});
