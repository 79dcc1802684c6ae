import fc from "fast-check";
import { expect, test } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { kthLargest, topK } from "./top-k.ts";

test("the best k stay, and what ties with the last of them", () => {
  expect(processed(topK(2, 1), [1, 4, 2, 3])).toEqual([no, 4, no, 3]);
  expect(processed(topK(2, 1), [3, 4, 3, 1])).toEqual([3, 4, 3, no]);
});

test("at least minTokensToKeep stay, and all where k is larger than the vocabulary", () => {
  expect(processed(topK(1, 3), [1, 4, 2, 3])).toEqual([no, 4, 2, 3]);
  expect(processed(topK(50, 1), [1, no, 2])).toEqual([1, no, 2]);
});

test("kthLargest is the k-th of the sorted values", () => {
  const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(no));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 45 }), (values, k) => {
      const sorted = values.toSorted((a, b) => b - a);
      expect(kthLargest(Float32Array.from(values), k)).toBe(sorted[k - 1] ?? no);
    }),
    { seed: 4, numRuns: 300 },
  );
});
