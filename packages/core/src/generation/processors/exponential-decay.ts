// Makes the end of a text likelier with every token beyond a given number.
import type { LogitsProcessor, ProcessorContext, SparseProcessor } from "./processor.ts";

/**
 * Adds |score| · (factorⁿ − 1) to the scores of the end tokens, where n counts the generated tokens after the first
 * `start`. A forbidden end stays forbidden (the reference computes ∞ − ∞ = NaN there).
 */
export function exponentialDecay(
  [start, factor]: readonly [number, number],
  eosTokenIds: ReadonlySet<number>,
): SparseProcessor {
  const excess = ({ tokens, promptLength }: ProcessorContext) => tokens.length - promptLength - start;
  const process: LogitsProcessor = (scores, context) => {
    const beyond = excess(context);
    if (beyond <= 0) return;
    const growth = Math.fround(factor ** beyond - 1);
    for (const id of eosTokenIds) {
      const score = scores[id] ?? 0;
      if (score > Number.NEGATIVE_INFINITY) scores[id] = score + Math.fround(Math.abs(score) * growth);
    }
  };
  const ends = [...eosTokenIds];
  return Object.assign(process, {
    touches: (context: ProcessorContext) => (excess(context) > 0 ? ends : []),
    onlyForbids: false,
    countsOnly: true,
  });
}
