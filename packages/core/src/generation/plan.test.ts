// Which of several settings holds, and that everything wrong is told at once.
import { GlimpseError } from "@glimpsejs/base";
import { GenerationConfig, GitConfig } from "@glimpsejs/config";
import { describe, expect, test } from "vitest";
import type { GenerateOptions } from "./options.ts";
import { completePlan, planGeneration } from "./plan.ts";

const config = GitConfig.create({ vocabSize: 100, maxPositionEmbeddings: 64, bosTokenId: 1, eosTokenId: 2 });
const plan = (options: GenerateOptions, file: Partial<GenerationConfig> = {}) =>
  planGeneration(options, GenerationConfig.create(file), config);
const fromJson = (options: object) => plan(options as GenerateOptions);

describe("the length for a prompt of 5 tokens", () => {
  test.each<[string, GenerateOptions, Partial<GenerationConfig>, number]>([
    ["is 20 in all by default", {}, {}, 15],
    ["is the file's maxLength", {}, { maxLength: 30 }, 25],
    ["is the file's maxNewTokens before its maxLength", {}, { maxLength: 30, maxNewTokens: 7 }, 7],
    ["is the call's maxNewTokens before the file's maxLength", { maxNewTokens: 9 }, { maxLength: 30 }, 9],
    ["is the call's maxLength before the file's maxNewTokens", { maxLength: 12 }, { maxNewTokens: 7 }, 7],
    ["is the call's maxNewTokens before its maxLength", { maxLength: 12, maxNewTokens: 3 }, {}, 3],
    ["is the file's where the call says undefined", { maxNewTokens: undefined }, { maxNewTokens: 4 }, 4],
    ["is the default where the call takes the file's back", { maxNewTokens: null }, { maxNewTokens: 4 }, 15],
    ["may use every position, the last token being none", { maxNewTokens: 60 }, {}, 60],
  ])("%s", (_, options, file, expected) => {
    expect(plan(options, file).maxNewTokens(5)).toBe(expected);
  });

  test("must leave room for a token and fit the positions", () => {
    expect(() => plan({ maxLength: 5 }).maxNewTokens(5)).toThrow(/leaves no room.*5 tokens and maxLength 5.*Raise it/);
    expect(() => plan({ maxNewTokens: 61 }).maxNewTokens(5)).toThrow(/at most 64 tokens.*maxNewTokens 61/);
  });
});

test("minNewTokens goes before minLength, and what the call gives before the file's", async () => {
  const fewest = async (options: GenerateOptions, file: Partial<GenerationConfig> = {}) => {
    const { rules } = await completePlan(plan(options, file));
    const row = new Float32Array(100);
    const lengths = [5, 6, 7, 8, 9, 10];
    return lengths.find((length) => {
      for (const rule of rules) rule(row.fill(0), { tokens: new Array(length).fill(9), promptLength: 5, prompt: 0 });
      return row[2] === 0;
    });
  };
  expect(await fewest({ minLength: 8 })).toBe(8);
  expect(await fewest({ minLength: 8, minNewTokens: 1 })).toBe(6);
  expect(await fewest({ minLength: 8, minNewTokens: 0 })).toBe(5);
  expect(await fewest({ minLength: 7 }, { minNewTokens: 4 })).toBe(7);
  expect(await fewest({ minNewTokens: 2 }, { minLength: 9 })).toBe(7);
});

describe("scores", () => {
  test("are total / length^penalty, or GNMT's", () => {
    expect(plan({ lengthPenalty: 2 }).lengthScore(-12, 3)).toBeCloseTo(-12 / 9, 12);
    const gnmt = plan({ lengthPenalty: 0.6, lengthPenaltyFormula: "gnmt" });
    expect(gnmt.lengthScore(-12, 7)).toBeCloseTo(-12 / 2 ** 0.6, 12);
    expect(gnmt.lengthScore(-12, 1)).toBe(-12);
  });
});

describe("end tokens", () => {
  test("come from the call, the file, config.json; null means none", () => {
    expect([...plan({ eosTokenId: [3, 4] }, { eosTokenId: 5 }).eosTokenIds]).toEqual([3, 4]);
    expect([...plan({}, { eosTokenId: 5 }).eosTokenIds]).toEqual([5]);
    expect([...plan({}).eosTokenIds]).toEqual([2]);
    expect([...plan({ eosTokenId: null }).eosTokenIds]).toEqual([]);
  });
});

describe("what is refused", () => {
  test("several problems come in one error", () => {
    try {
      fromJson({
        seed: 0.5,
        lengthPenaltyFormula: "gnmt2",
        suppressTokens: [100],
        stopStrings: "a",
        decode: 1,
        logitsProcessors: () => undefined,
        stoppingCriteria: [1],
        prefixAllowedTokens: [1],
      });
      expect.unreachable();
    } catch (error) {
      if (!GlimpseError.isInstance(error, "invalid-argument")) throw error;
      expect(error.problems.map((p) => p.subject).toSorted()).toEqual(
        [
          "decode",
          "lengthPenaltyFormula",
          "logitsProcessors",
          "prefixAllowedTokens",
          "seed",
          "stoppingCriteria",
          "suppressTokens",
        ].map((name) => `option "${name}"`),
      );
    }
  });

  test("a combination of file and call", () => {
    expect(() => plan({ numReturnSequences: 3 }, { numBeams: 2 })).toThrow(/"numReturnSequences".*at most 2, got 3/);
  });
});

test("an unknown option and wrong values of others are told in one error", () => {
  let caught: unknown;
  try {
    fromJson({ numBeam: 2, numBeams: 0, topP: 7 });
  } catch (error) {
    caught = error;
  }
  const subjects = GlimpseError.isInstance(caught) ? caught.problems.map(({ subject }) => subject) : [];
  expect(subjects).toEqual(['option "numBeam"', 'option "numBeams"', 'option "topP"']);
});
