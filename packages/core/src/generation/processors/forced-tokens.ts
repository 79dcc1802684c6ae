// Leaves no choice but given tokens, at the first step or at the last.
import type { LogitsProcessor, ProcessorContext, SparseProcessor } from "./processor.ts";

/** The token after a prompt of a single token; after longer prompts, as in the reference, nothing is forced. */
export function forcedBos(id: number): SparseProcessor {
  return forcing([id], ({ tokens }) => tokens.length === 1);
}

/** The last token of a text as long as `maxLength` (prompt included) lets it be: one of `ids`, equally likely. */
export function forcedEos(
  ids: number | readonly number[],
  maxLength: (promptLength: number) => number,
): SparseProcessor {
  return forcing([ids].flat(), ({ tokens, promptLength }) => tokens.length === maxLength(promptLength) - 1);
}

function forcing(ids: readonly number[], applies: (context: ProcessorContext) => boolean): SparseProcessor {
  const process: LogitsProcessor = (scores, context) => {
    if (!applies(context)) return;
    scores.fill(Number.NEGATIVE_INFINITY);
    for (const id of ids) scores[id] = 0;
  };
  return Object.assign(process, {
    touches: (context: ProcessorContext) => (applies(context) ? ids : []),
    onlyForbids: false,
    countsOnly: true,
    leavesOnly: applies,
  });
}
