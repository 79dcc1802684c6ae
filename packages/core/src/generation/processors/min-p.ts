// Sampling from tokens that are not much less likely than the best. Source: https://arxiv.org/abs/2407.01082.
import { argMax } from "../../logits.ts";
import { probabilities } from "./distribution.ts";
import { forbidWhere, type LogitsProcessor } from "./processor.ts";
import { amongLargest } from "./top-k.ts";

/** Forbids tokens less than `fraction` as likely as the likeliest, but none of the best `minTokensToKeep`. */
export function minP(fraction: number, minTokensToKeep: number): LogitsProcessor {
  const factor = Math.fround(fraction);
  return (scores) => {
    const probs = probabilities(scores);
    const least = Math.fround(factor * (probs[argMax(probs)] ?? 0));
    const kept = amongLargest(scores, minTokensToKeep);
    forbidWhere(scores, (score, i) => !kept(score) && (probs[i] ?? 0) < least);
  };
}
