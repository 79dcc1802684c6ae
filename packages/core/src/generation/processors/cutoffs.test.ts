import { expect, test } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { epsilonCutoff, etaCutoff } from "./cutoffs.ts";

// softmax 0.0321, 0.0871, 0.2369, 0.6439; entropy 0.948
const scores = [1, 2, 3, 4];

test("epsilon cuts below a probability", () => {
  expect(processed(epsilonCutoff(0.05, 1), scores)).toEqual([no, 2, 3, 4]);
  expect(processed(epsilonCutoff(0.1, 1), scores)).toEqual([no, no, 3, 4]);
});

test("a probability equal to epsilon in float32 stays", () => {
  expect(processed(epsilonCutoff(0.1, 1), Array(10).fill(0))).toEqual(Array(10).fill(0));
});

test("the best stay, whatever epsilon", () => {
  expect(processed(epsilonCutoff(0.9, 1), scores)).toEqual([no, no, no, 4]);
  expect(processed(epsilonCutoff(0.9, 2), scores)).toEqual([no, no, 3, 4]);
});

test("eta cuts below eta or below √eta · exp(−entropy), whichever is less", () => {
  expect(processed(etaCutoff(0.04, 1), scores)).toEqual([no, 2, 3, 4]); // 0.04, not 0.2 · 0.388
  expect(processed(etaCutoff(0.3, 1), scores)).toEqual([no, no, 3, 4]); // 0.212, not 0.3
  expect(processed(etaCutoff(0.99, 3), scores)).toEqual([no, 2, 3, 4]); // 0.386
});
