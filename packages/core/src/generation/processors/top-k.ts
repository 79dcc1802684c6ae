// Sampling from a fixed number of the likeliest tokens. Source: https://arxiv.org/abs/1805.04833, section 4.1.
import { ascending } from "./ascending.ts";
import { forbidWhere, type LogitsProcessor } from "./processor.ts";

/** Forbids tokens with a lower score than the `k`-th best (or the `minTokensToKeep`-th); tokens that tie with it stay. */
export function topK(k: number, minTokensToKeep: number): LogitsProcessor {
  const count = Math.max(k, minTokensToKeep);
  return (scores) => {
    const least = kthLargest(scores, count);
    forbidWhere(scores, (score) => score < least);
  };
}

/** Above this, sorting a vocabulary takes less time than a heap of the best. */
const largestHeap = 500;

/**
 * The `k`-th largest value, k from 1; −Infinity if there are fewer values. Keeps the k best in a heap with the least
 * on top, which is far cheaper than sorting a vocabulary when k is small.
 */
export function kthLargest(values: Float32Array, k: number): number {
  if (k > largestHeap) {
    const sorted = ascending(values);
    return sorted[sorted.length - k] ?? Number.NEGATIVE_INFINITY;
  }
  const heap = new Float32Array(Math.min(k, values.length + 1)).fill(Number.NEGATIVE_INFINITY);
  const at = (i: number) => heap[i] ?? Number.POSITIVE_INFINITY;
  let least = at(0);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (!(value > least)) continue;
    let hole = 0;
    for (;;) {
      const left = 2 * hole + 1;
      const child = at(left + 1) < at(left) ? left + 1 : left;
      if (at(child) >= value) break;
      heap[hole] = at(child);
      hole = child;
    }
    heap[hole] = value;
    least = at(0);
  }
  return least;
}

/**
 * Tells whether a value is among the `k` largest, for all `values` in their order: of equal ones at the bound the first
 * are, so that there are never more than `k`.
 */
export function amongLargest(values: Float32Array, k: number): (value: number) => boolean {
  const least = kthLargest(values, k);
  let ties = k;
  for (let i = 0; i < values.length; i++) if ((values[i] ?? least) > least) ties--;
  return (value) => value > least || (value === least && ties-- > 0);
}
