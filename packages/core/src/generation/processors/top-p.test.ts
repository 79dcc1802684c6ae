import { expect, test } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { topP } from "./top-p.ts";

// softmax: 0.0321, 0.0871, 0.2369, 0.6439
const scores = [1, 2, 3, 4];

test("the least likely tokens go while they make up at most 1 − p", () => {
  expect(processed(topP(0.9, 1), scores)).toEqual([no, 2, 3, 4]);
  expect(processed(topP(0.8, 1), scores)).toEqual([no, no, 3, 4]);
  expect(processed(topP(0.3, 1), scores)).toEqual([no, no, no, 4]);
});

test("the best stay, also with p = 0", () => {
  expect(processed(topP(0, 1), scores)).toEqual([no, no, no, 4]);
  expect(processed(topP(0.3, 2), scores)).toEqual([no, no, 3, 4]);
  expect(processed(topP(0.3, 9), scores)).toEqual(scores);
});

test("a sum of exactly 1 − p goes, in float32, and of equal scores the first", () => {
  expect(processed(topP(0.5, 1), [0, 0, 0, 0])).toEqual([no, no, 0, 0]);
  // 1 − 0.9 is less than 0.1 in double precision, but the same number in float32.
  expect(processed(topP(0.9, 1), Array(10).fill(0))).toEqual([no, ...Array(9).fill(0)]);
});

test("forbidden tokens stay forbidden and count for nothing", () => {
  expect(processed(topP(0.8, 1), [no, 1, 2, no, 3, 4])).toEqual([no, no, no, no, 3, 4]);
  expect(processed(topP(0.8, 1), [no, no])).toEqual([no, no]);
});
