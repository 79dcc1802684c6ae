import { expect, test } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { forcedBos, forcedEos } from "./forced-tokens.ts";

test("the first token is forced after a prompt of one token only", () => {
  expect(processed(forcedBos(2), [1, 2, no], [0], 1)).toEqual([no, no, 0]);
  expect(processed(forcedBos(2), [1, 2, 3], [0, 0], 1)).toEqual([1, 2, 3]);
  expect(processed(forcedBos(2), [1, 2, 3], [0, 0], 2)).toEqual([1, 2, 3]);
});

test("the end is forced at the last step, which depends on the prompt", () => {
  const processor = forcedEos(1, (promptLength) => promptLength + 2);
  expect(processed(processor, [1, 2, 3], [0, 0, 0], 2)).toEqual([no, 0, no]);
  expect(processed(processor, [1, 2, 3], [0, 0], 2)).toEqual([1, 2, 3]);
  expect(processed(processor, [1, 2, 3], [0, 0, 0], 3)).toEqual([1, 2, 3]);
});

test("several end tokens are equally likely", () => {
  expect(
    processed(
      forcedEos([0, 2], () => 2),
      [1, 2, 3],
    ),
  ).toEqual([0, no, 0]);
});
