import { expect, test } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { typical } from "./typical.ts";

// softmax 0.0321, 0.0871, 0.2369, 0.6439; entropy 0.948; distances from it 2.49, 1.49, 0.493, 0.507
const scores = [1, 2, 3, 4];

test("the most typical tokens stay, the likeliest need not be among them", () => {
  expect(processed(typical(0.2, 1), scores)).toEqual([no, no, 3, no]);
  expect(processed(typical(0.6, 1), scores)).toEqual([no, no, 3, 4]);
  expect(processed(typical(0.9, 1), scores)).toEqual([no, 2, 3, 4]);
  expect(processed(typical(0.99, 1), scores)).toEqual(scores);
});

test("at least minTokensToKeep stay", () => {
  expect(processed(typical(0.2, 2), scores)).toEqual([no, no, 3, 4]);
  expect(processed(typical(0.6, 2), [1, -1, -1])).toEqual([1, -1, no]);
  expect(processed(typical(0.2, 9), scores)).toEqual(scores);
});

test("equals stay together, forbidden tokens count for nothing", () => {
  expect(processed(typical(0.2, 1), [0, no, 0, 0])).toEqual([0, no, 0, 0]);
  expect(processed(typical(0.2, 1), [no, 1, 2, no, 3, 4])).toEqual([no, no, no, no, 3, no]);
});
