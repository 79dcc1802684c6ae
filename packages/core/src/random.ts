// The random numbers of Glimpse and the draws that sampling makes with them. New weights and sampling use this one
// generator, so that a seed gives the same result on every platform, but not the numbers of PyTorch. Not for secrets.
import { nothingToDraw } from "./likeliest.ts";
import { argMax } from "./logits.ts";

/**
 * A stream of uniform values in [0, 1), multiples of 2⁻³², that depends on the low 32 bits of the integer `seed`:
 * Mulberry32 (Tommy Ettinger, public domain).
 */
export function randomGenerator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * An index of `scores` [V], drawn with probability softmax(scores) by one value of `random`: the first index at which
 * the cumulative sum, in double precision, exceeds it. Never one whose score is −Infinity.
 * Throws "invalid-argument" if no token can be drawn.
 */
export function drawIndex(scores: Float32Array, random: () => number): number {
  const max = scores[argMax(scores)] ?? Number.NEGATIVE_INFINITY;
  const weights = new Float64Array(scores.length); // exp() is most of the time this takes, so it is computed once
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] ?? 0;
    if (score === Number.NEGATIVE_INFINITY) continue;
    const weight = Math.exp(score - max);
    weights[i] = weight;
    sum += weight;
  }
  // −Infinity everywhere leaves nothing; NaN or +Infinity anywhere makes the sum NaN.
  if (!(sum > 0)) throw nothingToDraw();
  const target = random() * sum;
  let cumulative = 0;
  for (let i = 0; i < weights.length; i++) {
    cumulative += weights[i] ?? 0;
    if (cumulative > target) return i;
  }
  // The same sum in the same order, and a target below it: the loop has returned.
  throw nothingToDraw();
}

/**
 * `count` different indices of `scores`, as softmax(scores) draws them one after the other without replacement, in that
 * order. The Gumbel top-k trick (https://arxiv.org/abs/1903.06059, section 3): the largest of score − log(−log u), with
 * one value u of `random` for each score that is not −Infinity. Fewer indices if there are fewer such scores.
 */
export function drawWithoutReplacement(scores: Float32Array, count: number, random: () => number): readonly number[] {
  const drawn: { readonly index: number; readonly key: number }[] = [];
  let bar = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index] ?? Number.NEGATIVE_INFINITY;
    if (score === Number.NEGATIVE_INFINITY) continue;
    const u = random() + 2 ** -33; // the middle of its cell: neither 0 nor 1
    // −log(−log u) < −log(1 − u), so that the key is most often known to be too small without a logarithm.
    if (score + (u < 0.9 ? 2.31 : u < 0.99 ? 4.61 : u < 0.999 ? 6.91 : 24) < bar) continue;
    const key = score - Math.log(-Math.log(u));
    if (drawn.length === count && !(key > bar)) continue;
    const place = drawn.findIndex((other) => key > other.key);
    drawn.splice(place === -1 ? drawn.length : place, 0, { index, key });
    if (drawn.length > count) drawn.pop();
    if (drawn.length === count) bar = drawn.at(-1)?.key ?? bar;
  }
  return drawn.map(({ index }) => index);
}

/** Draws one index after the other from scores, by one stream of random numbers. */
export function sampler(seed: number): (scores: Float32Array) => number {
  const random = randomGenerator(seed);
  return (scores) => drawIndex(scores, random);
}
