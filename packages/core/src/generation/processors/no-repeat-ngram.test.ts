import { expect, test } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { noRepeatNgram } from "./no-repeat-ngram.ts";

const scores = [9, 9, 9, 9];

test("the token that would complete a run again is forbidden, runs in the prompt counted", () => {
  expect(processed(noRepeatNgram(2), scores, [3, 1, 2, 3], 4)).toEqual([9, no, 9, 9]);
  expect(processed(noRepeatNgram(3), scores, [1, 2, 3, 0, 1, 2], 1)).toEqual([9, 9, 9, no]);
  expect(processed(noRepeatNgram(3), scores, [1, 2, 3, 0, 2, 2], 1)).toEqual(scores);
});

test("runs may overlap", () => {
  expect(processed(noRepeatNgram(2), scores, [1, 1])).toEqual([9, no, 9, 9]);
  expect(processed(noRepeatNgram(3), scores, [1, 1])).toEqual(scores);
});

test("all followers of the last tokens are forbidden", () => {
  expect(processed(noRepeatNgram(2), scores, [1, 2, 1, 3, 1])).toEqual([9, 9, no, no]);
});

test("size 1 forbids every token of the text, and a text shorter than the run has none to repeat", () => {
  expect(processed(noRepeatNgram(1), scores, [1, 2])).toEqual([9, no, no, 9]);
  expect(processed(noRepeatNgram(5), scores, [1, 2])).toEqual(scores);
});
