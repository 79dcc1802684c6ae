import { expect, test } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { minLength, minNewTokens } from "./min-length.ts";

const ends = new Set([1, 3]);

test("minLength counts the prompt", () => {
  expect(processed(minLength(3, ends), [9, 9, 9, 9], [0, 2], 2)).toEqual([9, no, 9, no]);
  expect(processed(minLength(3, ends), [9, 9, 9, 9], [0, 2, 2], 2)).toEqual([9, 9, 9, 9]);
});

test("minNewTokens does not", () => {
  expect(processed(minNewTokens(2, ends), [9, 9, 9, 9], [0, 2, 2], 2)).toEqual([9, no, 9, no]);
  expect(processed(minNewTokens(2, ends), [9, 9, 9, 9], [0, 2, 2, 2], 2)).toEqual([9, 9, 9, 9]);
});
