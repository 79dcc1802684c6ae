// VQA accuracy by hand; the official normalization is compared word by word in fixture.test.ts.
import { describe, expect, test } from "vitest";
import { evaluateAnswers } from "./evaluate.ts";
import { normalizeAnswer } from "./normalize-answer.ts";
import { vqaAccuracy } from "./vqa-accuracy.ts";

/** `agreeing` of `count` people say "dog", the others something each. */
function people(agreeing: number, count = 10): string[] {
  return Array.from({ length: count }, (_, i) => (i < agreeing ? "dog" : `other ${i}`));
}
const accuracy = (candidate: string, references: readonly string[]) =>
  vqaAccuracy([{ id: "x", candidate, references }]).mean;

describe("accuracy", () => {
  // With k of ten agreeing, k of the ten ways to leave one out have k - 1 agreeing, the others k.
  test.each([
    [0, 0],
    [1, (1 * 0 + 9 * (1 / 3)) / 10], // 0.3
    [2, (2 * (1 / 3) + 8 * (2 / 3)) / 10], // 0.6
    [3, (3 * (2 / 3) + 7 * 1) / 10], // 0.9
    [4, 1],
    [10, 1],
  ])("%i of ten people agree: %f", (agreeing, expected) => {
    expect(accuracy("dog", people(agreeing))).toBeCloseTo(expected, 12);
  });

  test("fewer people stand for ten in the same proportions", () => {
    expect(accuracy("dog", ["dog"])).toBe(1);
    expect(accuracy("cat", ["dog"])).toBe(0);
    // One of five is two of ten.
    expect(accuracy("dog", people(1, 5))).toBeCloseTo(0.6, 12);
    // One of twenty is half a person of ten: half of 0 and 9.5 of 1/6, in ten.
    expect(accuracy("dog", people(1, 20))).toBeCloseTo((9.5 * (0.5 / 3)) / 10, 12);
  });

  test("texts are normalized only where people disagree, as in the official evaluation", () => {
    expect(accuracy("A dog.", people(9))).toBe(1);
    expect(accuracy("A dog.", people(10))).toBe(0);
    expect(accuracy("\tdog\n", people(10))).toBe(1);
  });

  test("what is refused", () => {
    expect(() => vqaAccuracy([])).toThrow("vqaAccuracy(): there are no items");
    expect(() => accuracy("dog", [])).toThrow('vqaAccuracy(), item "x": it has no references');
    expect(() => evaluateAnswers([])).toThrow("evaluateAnswers(): there are no items");
  });
});

test("evaluateAnswers(): exact match overlooks case and outer white space, no more", () => {
  const scores = evaluateAnswers([
    { id: "1", candidate: "two", references: ["2", "2", "two", "2", "3"] },
    { id: "2", candidate: "Yes ", references: ["yes"] },
    { id: "3", candidate: "a dog", references: ["dog"] },
  ]);
  // VQA: "two" is "2", as four of five, eight of ten say; "Yes" is not "yes" where all agree.
  expect(scores).toEqual({ vqaAccuracy: expect.closeTo(1 / 3, 12), exactMatch: expect.closeTo(2 / 3, 12) });
});

test.each([
  ["The two dogs", "2 dogs"],
  ["dont know", "don't know"],
  ["red/white", "red white"],
  ["red, white", "red white"],
  ["1,000", "1000"],
  ["1,000 red/white", "1000 redwhite"], // a comma between digits: every mark goes without trace
  ["3.5 p.m.", "3.5 pm"],
  ["a", ""],
  ["lets", "lets"], // not in the official table
  ["dogs\u00a0 cats", "dogs cats"],
])("%j is compared as %j", (answer, expected) => {
  expect(normalizeAnswer(answer)).toBe(expected);
});

test("of more than 32 periods the rest stay, as in the official evaluation", () => {
  expect(normalizeAnswer(".".repeat(40))).toBe(".".repeat(8));
});
