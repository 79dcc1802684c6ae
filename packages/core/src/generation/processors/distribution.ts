// The distribution that scores stand for. Probabilities are rounded to float32 before they are compared, as the
// reference compares them: at a tie with a bound, rounding decides.
import { argMax } from "../../logits.ts";

/**
 * Log-probabilities float32 [V]. The maximum is taken away first and the rest second: with scores as large as
 * removeInvalidValues makes them, their sum would lose the rest.
 */
export function logProbabilities(scores: Float32Array): Float32Array {
  const max = scores[argMax(scores)] ?? 0;
  const logProbs = new Float32Array(scores.length);
  let sum = 0;
  // By index and without a callback: this is the host's largest share of a step of beam search.
  for (let i = 0; i < scores.length; i++) {
    const below = (scores[i] ?? 0) - max;
    logProbs[i] = below;
    sum += Math.exp(below);
  }
  const rest = Math.fround(Math.log(sum));
  for (let i = 0; i < logProbs.length; i++) logProbs[i] = (logProbs[i] ?? 0) - rest;
  return logProbs;
}

/** Probabilities float32 [V]. */
export function probabilities(scores: Float32Array): Float32Array {
  const { weights, sum } = expWeights(scores, scores[argMax(scores)] ?? 0);
  const probs = new Float32Array(weights.length);
  for (let i = 0; i < weights.length; i++) probs[i] = (weights[i] ?? 0) / sum;
  return probs;
}

/** exp(scores − max) float64 [V], and their sum. */
export function expWeights(
  scores: Float32Array,
  max: number,
): { readonly weights: Float64Array; readonly sum: number } {
  const weights = new Float64Array(scores.length);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    const weight = Math.exp((scores[i] ?? 0) - max);
    weights[i] = weight;
    sum += weight;
  }
  return { weights, sum };
}

/** −Σ p log p in nats, where `logProbs` are the log p; forbidden tokens add nothing. */
export function entropy(logProbs: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < logProbs.length; i++) {
    const logProb = logProbs[i] ?? 0;
    if (logProb > Number.NEGATIVE_INFINITY) sum -= Math.fround(Math.exp(logProb)) * logProb;
  }
  return sum;
}
