// Leaves no choice but given tokens, at the first step or at the last.
import type { LogitsProcessor } from "./processor.ts";

/** The token after a prompt of a single token; after longer prompts, as in the reference, nothing is forced. */
export function forcedBos(id: number): LogitsProcessor {
  return (scores, { tokens }) => {
    if (tokens.length === 1) force(scores, [id]);
  };
}

/** The last token of a text as long as `maxLength` (prompt included) lets it be: one of `ids`, equally likely. */
export function forcedEos(
  ids: number | readonly number[],
  maxLength: (promptLength: number) => number,
): LogitsProcessor {
  const forced = [ids].flat();
  return (scores, { tokens, promptLength }) => {
    if (tokens.length === maxLength(promptLength) - 1) force(scores, forced);
  };
}

function force(scores: Float32Array, ids: readonly number[]): void {
  scores.fill(Number.NEGATIVE_INFINITY);
  for (const id of ids) scores[id] = 0;
}
