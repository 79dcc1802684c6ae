// Forbids given tokens, always or as the first that is generated.
import { forbid, type LogitsProcessor } from "./processor.ts";

/** Forbids `ids` at every step. */
export function suppressed(ids: readonly number[]): LogitsProcessor {
  return (scores) => forbid(scores, ids);
}

/**
 * Forbids `ids` as the first generated token, or as the second where the first is forced (`bosForced`), which happens
 * after prompts of a single token.
 */
export function suppressedAtBegin(ids: readonly number[], bosForced: boolean): LogitsProcessor {
  return (scores, { tokens, promptLength }) => {
    const begin = bosForced && promptLength <= 1 ? promptLength + 1 : promptLength;
    if (tokens.length === begin) forbid(scores, ids);
  };
}
