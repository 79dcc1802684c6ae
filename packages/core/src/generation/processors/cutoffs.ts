// Sampling from tokens above a probability, fixed (epsilon) or lower where the model is undecided (eta).
// Source: https://arxiv.org/abs/2210.15191.
import { entropy, logProbabilities, probabilities } from "./distribution.ts";
import { forbidWhere, type LogitsProcessor } from "./processor.ts";
import { kthLargest } from "./top-k.ts";

/** Forbids tokens less likely than `epsilon`, but none of the best `minTokensToKeep`. */
export function epsilonCutoff(epsilon: number, minTokensToKeep: number): LogitsProcessor {
  const bound = Math.fround(epsilon);
  return (scores) => cutBelow(scores, bound, minTokensToKeep);
}

/** Forbids tokens less likely than min(η, √η · exp(−entropy)), but none of the best `minTokensToKeep`. */
export function etaCutoff(eta: number, minTokensToKeep: number): LogitsProcessor {
  const most = Math.fround(eta);
  return (scores) => {
    const bound = Math.fround(Math.min(most, Math.sqrt(most) * Math.exp(-entropy(logProbabilities(scores)))));
    cutBelow(scores, bound, minTokensToKeep);
  };
}

/** Unlike other samplers, the reference's cutoffs keep all that ties with the last of the `minTokensToKeep` best. */
function cutBelow(scores: Float32Array, bound: number, minTokensToKeep: number): void {
  const probs = probabilities(scores);
  const kept = kthLargest(scores, minTokensToKeep);
  forbidWhere(scores, (score, i) => score < kept && (probs[i] ?? 0) < bound);
}
