import { expect, test } from "vitest";
import { processed } from "../../../test/processed.ts";
import { repetitionPenalty } from "./repetition-penalty.ts";

test("scores of the text's tokens move down once, whatever their sign and number", () => {
  expect(processed(repetitionPenalty(2), [4, -4, 1, -1], [0, 1, 0])).toEqual([2, -8, 1, -1]);
});

test("a penalty below 1 moves them up", () => {
  expect(processed(repetitionPenalty(0.5), [4, -4, 1], [0, 1])).toEqual([8, -2, 1]);
});
