// Nucleus sampling: from the fewest tokens that make up a given probability.
// Source: https://arxiv.org/abs/1904.09751, section 3.1.
import { ascending } from "./ascending.ts";
import { expWeights } from "./distribution.ts";
import { forbidWhere, type LogitsProcessor } from "./processor.ts";

/**
 * Forbids the unlikeliest tokens as long as they make up at most 1 − `mass` together, but not the best
 * `minTokensToKeep`. Among equal scores the lower index goes first. Only values are sorted, which is enough: what is
 * removed is all below a score, and a number of those equal to it.
 */
export function topP(mass: number, minTokensToKeep: number): LogitsProcessor {
  const spare = Math.fround(1 - mass);
  return (scores) => {
    const sorted = ascending(scores);
    const { weights, sum } = expWeights(sorted, sorted.at(-1) ?? 0);
    let removed = 0;
    let cumulative = 0;
    while (removed < sorted.length - minTokensToKeep) {
      cumulative += Math.fround((weights[removed] ?? 0) / sum);
      if (Math.fround(cumulative) > spare) break;
      removed++;
    }
    const least = sorted[removed];
    if (least === undefined) return;
    let ties = removed - sorted.indexOf(least);
    forbidWhere(scores, (score) => score < least || (score === least && ties-- > 0));
  };
}
