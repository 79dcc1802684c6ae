// Sampling from tokens above a probability, fixed (epsilon) or lower where the model is undecided (eta).
// Source: https://arxiv.org/abs/2210.15191.
import { cutBelow, entropy, logProbabilities } from "./distribution.ts";
import type { LogitsProcessor } from "./processor.ts";

/** Forbids tokens less likely than `epsilon`, but none of the best `minTokensToKeep`. */
export function epsilonCutoff(epsilon: number, minTokensToKeep: number): LogitsProcessor {
  const bound = Math.fround(epsilon);
  return (scores) => cutBelow(scores, () => bound, minTokensToKeep);
}

/** Forbids tokens less likely than min(η, √η · exp(−entropy)), but none of the best `minTokensToKeep`. */
export function etaCutoff(eta: number, minTokensToKeep: number): LogitsProcessor {
  const most = Math.fround(eta);
  return (scores) => {
    const bound = Math.fround(Math.min(most, Math.sqrt(most) * Math.exp(-entropy(logProbabilities(scores)))));
    cutBelow(scores, () => bound, minTokensToKeep);
  };
}
