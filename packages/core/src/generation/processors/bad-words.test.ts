import { expect, test } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { badWords } from "./bad-words.ts";

const scores = [9, 9, 9, 9];
const none: ReadonlySet<number> = new Set();

test("a word of one token is always forbidden, a longer one where its beginning stands", () => {
  const processor = badWords([[3], [0, 1, 2]], none);
  expect(processed(processor, scores, [0, 1])).toEqual([9, 9, no, no]);
  expect(processed(processor, scores, [1, 0])).toEqual([9, 9, 9, no]);
  expect(processed(processor, scores, [1])).toEqual([9, 9, 9, no]);
});

test("an end token alone cannot be forbidden, but as the last token of a word it can", () => {
  const processor = badWords([[3], [1, 3]], new Set([3]));
  expect(processed(processor, scores, [0])).toEqual(scores);
  expect(processed(processor, scores, [0, 1])).toEqual([9, 9, 9, no]);
});
