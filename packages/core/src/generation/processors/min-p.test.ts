import { expect, test } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { minP } from "./min-p.ts";

// softmax: 0.0321, 0.0871, 0.2369, 0.6439
const scores = [1, 2, 3, 4];

test("tokens stay that are at least a fraction as likely as the best", () => {
  expect(processed(minP(0.1, 1), scores)).toEqual([no, 2, 3, 4]);
  expect(processed(minP(0.2, 1), scores)).toEqual([no, no, 3, 4]);
  expect(processed(minP(0, 1), scores)).toEqual(scores);
});

test("a fraction of 1 leaves the best and its equals", () => {
  expect(processed(minP(1, 1), [1, 4, 4, 2])).toEqual([no, 4, 4, no]);
});

test("the best minTokensToKeep stay", () => {
  expect(processed(minP(1, 3), scores)).toEqual([no, 2, 3, 4]);
  expect(processed(minP(1, 2), [1, 2, 1, 1])).toEqual([1, 2, no, no]);
});
