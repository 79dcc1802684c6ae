import { expect, test } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { exponentialDecay } from "./exponential-decay.ts";

const processor = exponentialDecay([2, 2], new Set([1, 2]));

test("the end's score grows with every token after the start, from below 0 too", () => {
  expect(processed(processor, [5, 3, -3], [0, 0, 9, 9, 9], 2)).toEqual([5, 6, 0]);
  expect(processed(processor, [5, 3, -3], [0, 0, 9, 9, 9, 9], 2)).toEqual([5, 12, 6]);
});

test("up to the start nothing changes; the prompt is not counted", () => {
  expect(processed(processor, [5, 3, -3], [0, 0, 9, 9], 2)).toEqual([5, 3, -3]);
  expect(processed(processor, [5, 3, -3], [0, 0, 0, 0, 0], 5)).toEqual([5, 3, -3]);
});

test("a forbidden end stays forbidden", () => {
  expect(processed(processor, [5, no, -3], [0, 9, 9, 9], 1)).toEqual([5, no, 0]);
});
