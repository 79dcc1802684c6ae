// Makes the end of a text likelier with every token beyond a given number.
import type { LogitsProcessor } from "./processor.ts";

/**
 * Adds |score| · (factorⁿ − 1) to the scores of the end tokens, where n counts the generated tokens after the first
 * `start`. A forbidden end stays forbidden (the reference computes ∞ − ∞ = NaN there).
 */
export function exponentialDecay(
  [start, factor]: readonly [number, number],
  eosTokenIds: ReadonlySet<number>,
): LogitsProcessor {
  return (scores, { tokens, promptLength }) => {
    const beyond = tokens.length - promptLength - start;
    if (beyond <= 0) return;
    const growth = Math.fround(factor ** beyond - 1);
    for (const id of eosTokenIds) {
      const score = scores[id] ?? 0;
      if (score > Number.NEGATIVE_INFINITY) scores[id] = score + Math.fround(Math.abs(score) * growth);
    }
  };
}
