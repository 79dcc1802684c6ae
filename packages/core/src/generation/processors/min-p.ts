// Sampling from tokens that are not much less likely than the best. Source: https://arxiv.org/abs/2407.01082.
import { cutBelow } from "./distribution.ts";
import type { LogitsProcessor } from "./processor.ts";

/** Forbids tokens less than `fraction` as likely as the likeliest, but none of the best `minTokensToKeep`. */
export function minP(fraction: number, minTokensToKeep: number): LogitsProcessor {
  const factor = Math.fround(fraction);
  const bound = (probs: Float32Array) => Math.fround(factor * probs.reduce((a, b) => Math.max(a, b), 0));
  return (scores) => cutBelow(scores, bound, minTokensToKeep);
}
