// Turns scores into log-probabilities again after all other changes.
import { logProbabilities } from "./distribution.ts";
import type { LogitsProcessor } from "./processor.ts";

/** Subtracts log Σ exp(scores), so that the probabilities sum to 1. A row in which all is forbidden stays so. */
export function renormalization(): LogitsProcessor {
  return (scores) => {
    if (scores.some((score) => score !== Number.NEGATIVE_INFINITY)) scores.set(logProbabilities(scores));
  };
}
