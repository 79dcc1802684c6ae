// Sampling from tokens about as surprising as the distribution makes one expect. Source: https://arxiv.org/abs/2202.00666.
import { ascending } from "./ascending.ts";
import { entropy, logProbabilities, probabilities } from "./distribution.ts";
import { forbidWhere, type LogitsProcessor } from "./processor.ts";
import { amongLargest } from "./top-k.ts";

/**
 * Keeps the fewest tokens that make up `mass` among those whose surprise (−log p) is nearest to the entropy, and what
 * ties with the last of them; at least `minTokensToKeep`. The last is found by bisection over the sorted distances, so
 * that no indices need sorting.
 */
export function typical(mass: number, minTokensToKeep: number): LogitsProcessor {
  const wanted = Math.fround(mass);
  return (scores) => {
    const logProbs = logProbabilities(scores);
    const expected = Math.fround(entropy(logProbs));
    const nearness = new Float32Array(logProbs.length); // [V]
    for (let i = 0; i < nearness.length; i++) nearness[i] = -Math.abs((logProbs[i] ?? 0) + expected);
    const probs = probabilities(scores); // [V]
    const massWithin = (least: number) => {
      let sum = 0;
      for (let i = 0; i < probs.length; i++) if ((nearness[i] ?? 0) >= least) sum += probs[i] ?? 0;
      return Math.fround(sum);
    };
    const sorted = ascending(nearness);
    let low = 0;
    let high = sorted.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (massWithin(sorted[middle] ?? 0) < wanted) high = middle - 1;
      else low = middle;
    }
    const farthest = sorted[low] ?? Number.NEGATIVE_INFINITY;
    const kept = amongLargest(nearness, minTokensToKeep);
    forbidWhere(scores, (_, i) => !kept(nearness[i] ?? 0) && (nearness[i] ?? 0) < farthest);
  };
}
