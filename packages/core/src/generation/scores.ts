// The scores of what may follow a leaf after all processors: of every token, or only of those that can be chosen. The
// second is the same as the first with all other tokens left out, or it is refused and the rows are read.

import { indexIn, type LeafLogits, logProbabilities } from "./leaf-logits.ts";
import type { GrownLeaf } from "./leaves.ts";
import type { GenerationPlan } from "./plan.ts";
import { isSparse, type ProcessorContext } from "./processors/processor.ts";

/** Scores of one leaf. */
export interface Scores {
  /** Which tokens have a score, in ascending order; undefined when all do. */
  readonly tokens: ArrayLike<number> | undefined;
  /** float32, in the order of `tokens`. */
  readonly values: Float32Array;
  /** What the scores are of. */
  readonly logits: LeafLogits;
  /** No other token scores more. */
  readonly bound: number;
}

/** The token of an index into `values`. */
export function tokenAt({ tokens }: Scores, index: number): number {
  return tokens === undefined ? index : (tokens[index] ?? -1);
}

/** The index into `values` of a token; −1 if it has no score. */
export function indexOf({ tokens }: Scores, token: number): number {
  return tokens === undefined ? token : indexIn(tokens, token);
}

/**
 * The scores of a grown leaf, from its logits, or from its log-probabilities as beams need them. Undefined if what is
 * known of them does not suffice: then whole rows have to be read.
 */
export function scoresOf(
  { logits }: GrownLeaf,
  context: ProcessorContext,
  plan: GenerationPlan,
  from: "logits" | "logProbs",
): Scores | undefined {
  const raw = from === "logits" ? logits.values.slice() : logProbabilities(logits);
  const { tokens } = logits;
  if (tokens === undefined) {
    for (const processor of plan.processors) processor(raw, context);
    return { tokens, values: raw, logits, bound: Number.NEGATIVE_INFINITY };
  }
  const values = applyRules(raw, tokens, context, plan);
  const leavesOnly = plan.rules.some((rule) => isSparse(rule) && rule.leavesOnly?.(context));
  const known = from === "logits" ? logits.bound : Math.fround(logits.bound - logits.logSumExp);
  const bound = leavesOnly ? Number.NEGATIVE_INFINITY : known;
  if (!plan.doSample) return { tokens, values, logits, bound };
  if (!isNarrow(values, bound, plan)) return undefined;
  for (const sampler of plan.samplers) sampler(values, context);
  return { tokens, values, logits, bound: Number.NEGATIVE_INFINITY };
}

/** Rules find scores by token, so they work on a row in which all other tokens are impossible. */
function applyRules(
  values: Float32Array,
  tokens: ArrayLike<number>,
  context: ProcessorContext,
  { rules, vocabSize }: GenerationPlan,
): Float32Array {
  if (rules.length === 0) return values;
  const row = new Float32Array(vocabSize).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < tokens.length; i++) row[tokens[i] ?? 0] = values[i] ?? 0;
  for (const rule of rules) rule(row, context);
  return values.map((_, i) => row[tokens[i] ?? 0] ?? 0);
}

/** Whether top-k would leave none but known tokens, also after division by the temperature has made some scores equal. */
function isNarrow(values: Float32Array, bound: number, { narrowing }: GenerationPlan): boolean {
  if (bound === Number.NEGATIVE_INFINITY) return true;
  if (narrowing === undefined) return false;
  const divisor = Math.fround(narrowing.temperature);
  const edge = Math.fround(bound / divisor);
  return values.filter((value) => Math.fround(value / divisor) > edge).length >= narrowing.kept;
}
