// What a logits processor is: a function that changes the scores of the tokens that may come next. Which there are and
// in which order they run is in index.ts.

/** What a processor knows about the text whose scores it changes. */
export interface ProcessorContext {
  /** Tokens so far: the prompt as it was given, padding included, then what was generated. */
  readonly tokens: readonly number[];
  /** How many of `tokens` are the prompt. */
  readonly promptLength: number;
  /** Which prompt the text continues, by its row in the call. */
  readonly prompt: number;
}

/** Changes the scores float32 [V] of one text in place; −Infinity forbids a token. */
export type LogitsProcessor = (scores: Float32Array, context: ProcessorContext) => void;

/**
 * A processor that says beforehand, from the text alone, which scores it may change: the search then reads those scores
 * and the best of the others instead of all. A processor without this may do anything.
 */
export interface SparseProcessor extends LogitsProcessor {
  /** Tokens whose scores it may change; all others keep theirs, or lose them where `leavesOnly` says so. */
  touches(context: ProcessorContext): readonly number[];
  /** Whether all it does is to forbid the tokens that it touches. */
  readonly onlyForbids: boolean;
  /** Whether `touches` asks for nothing but how many tokens there are. */
  readonly countsOnly: boolean;
  /** Whether it forbids all tokens but those that it touches. */
  leavesOnly?(context: ProcessorContext): boolean;
}

/** Whether a processor is a {@link SparseProcessor}. */
export function isSparse(processor: LogitsProcessor): processor is SparseProcessor {
  return "touches" in processor;
}

/** A processor that forbids `ids(context)`; with `countsOnly` they depend on how many tokens there are at most. */
export function forbidding(
  ids: (context: ProcessorContext) => readonly number[],
  { countsOnly = false }: { readonly countsOnly?: boolean } = {},
): SparseProcessor {
  const process: LogitsProcessor = (scores, context) => forbid(scores, ids(context));
  return Object.assign(process, { touches: ids, onlyForbids: true, countsOnly });
}

/** Sets the scores of `ids` to −Infinity. */
export function forbid(scores: Float32Array, ids: Iterable<number>): void {
  for (const id of ids) scores[id] = Number.NEGATIVE_INFINITY;
}

/** Sets the scores to −Infinity of which `unwanted` is true, asked in the order of the indices. */
export function forbidWhere(scores: Float32Array, unwanted: (score: number, index: number) => boolean): void {
  // By index: V steps of an iterator cost ten times as much.
  for (let i = 0; i < scores.length; i++) if (unwanted(scores[i] ?? 0, i)) scores[i] = Number.NEGATIVE_INFINITY;
}

/**
 * Fewest tokens that samplers leave. Beams need one to go on with besides every end token; a model without end tokens
 * counts as having one.
 */
export function minTokensToKeep({
  numBeams,
  eosTokenIds,
}: {
  readonly numBeams: number;
  readonly eosTokenIds: ReadonlySet<number>;
}): number {
  return numBeams > 1 ? Math.max(eosTokenIds.size, 1) + 1 : 1;
}
