// What is known of the logits that follow a leaf: all of them, the best of them, or the best one. Which of these a search
// reads changes what is copied from the device, never what it chooses.
import { nonFinite } from "../logits.ts";

/** Logits of one row, as far as they were read. */
export interface LeafLogits {
  /** Tokens whose logits are known, in ascending order; undefined when all are. */
  readonly tokens: ArrayLike<number> | undefined;
  /** float32, the logits of `tokens`, or all [V]. */
  readonly values: Float32Array;
  /** No other token has a larger logit; −∞ when no other token is left, or none that may be chosen. */
  readonly bound: number;
  /** The known token of that logit; another with the same has a higher number. Absent where all that counts is known. */
  readonly last?: number | undefined;
  /** log Σ exp of all logits; NaN where it was not read. */
  readonly logSumExp: number;
}

/** A whole row [V], a view. With `letThrough` it may be bad. */
export function wholeRow(values: Float32Array, logSumExp: number, letThrough: boolean): LeafLogits {
  if (!letThrough && !Number.isFinite(logSumExp)) throw nonFinite();
  return { tokens: undefined, values, bound: Number.NEGATIVE_INFINITY, logSumExp };
}

/** The best token, −1 in a bad row, and its logit. */
export function bestToken(token: number, logit: number, logSumExp: number): LeafLogits {
  if (token < 0) throw nonFinite();
  return { tokens: [token], values: Float32Array.of(logit), bound: Number.NEGATIVE_INFINITY, logSumExp };
}

/** What was read of a row to make {@link bestTokens} of. */
export interface TokensRead {
  /** The best tokens that are not masked, best first (−1 in a bad row), and their logits. */
  readonly ids: Int32Array;
  readonly logits: Float32Array;
  /** Tokens that were asked for by name, and their logits. */
  readonly given: readonly number[];
  readonly givenLogits: Float32Array;
  /** Tokens that are not among the best whatever their logits: `given`, and those that must not be chosen. */
  readonly masked: readonly number[];
}

/** The best tokens and those asked for by name. */
export function bestTokens(read: TokensRead, vocabSize: number, logSumExp: number): LeafLogits {
  if ((read.ids[0] ?? -1) < 0) throw nonFinite();
  const masked = new Set(read.masked);
  const known = new Map<number, number>();
  for (const [i, token] of read.ids.entries()) if (!masked.has(token)) known.set(token, read.logits[i] ?? 0);
  // With a masked token among the best, or nothing beside them, there is no other left.
  const isAll = known.size < read.ids.length || known.size + masked.size >= vocabSize;
  const bound = isAll ? Number.NEGATIVE_INFINITY : (read.logits.at(-1) ?? 0);
  for (const [i, token] of read.given.entries()) known.set(token, read.givenLogits[i] ?? 0);
  const tokens = Int32Array.from(known.keys()).sort();
  const values = Float32Array.from(tokens, (token) => known.get(token) ?? 0);
  return { tokens, values, bound, last: read.ids.at(-1), logSumExp };
}

/** The log-probability of a token whose logit is known, under the model; NaN where log Σ exp was not read. */
export function logProbability({ tokens, values, logSumExp }: LeafLogits, token: number): number {
  const at = tokens === undefined ? token : indexIn(tokens, token);
  return Math.fround((values[at] ?? Number.NEGATIVE_INFINITY) - logSumExp);
}

/** Log-probabilities float32 of the known tokens, in their order. */
export function logProbabilities({ values, logSumExp }: LeafLogits): Float32Array {
  const logProbs = new Float32Array(values.length);
  // By index: a callback for each of a vocabulary of tokens takes six times as long.
  for (let i = 0; i < values.length; i++) logProbs[i] = (values[i] ?? 0) - logSumExp;
  return logProbs;
}

/** Where a token stands in an ascending list; −1 where it does not. */
export function indexIn(tokens: ArrayLike<number>, token: number): number {
  let [low, high] = [0, tokens.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = tokens[middle] ?? 0;
    if (found === token) return middle;
    if (found < token) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
