// Forbids given tokens, always or as the first that is generated.
import { forbidding, type SparseProcessor } from "./processor.ts";

/** Forbids `ids` at every step. */
export function suppressed(ids: readonly number[]): SparseProcessor {
  return forbidding(() => ids, { countsOnly: true });
}

/**
 * Forbids `ids` as the first generated token, or as the second where the first is forced (`bosForced`), which happens
 * after prompts of a single token.
 */
export function suppressedAtBegin(ids: readonly number[], bosForced: boolean): SparseProcessor {
  return forbidding(
    ({ tokens, promptLength }) => {
      const begin = bosForced && promptLength <= 1 ? promptLength + 1 : promptLength;
      return tokens.length === begin ? ids : [];
    },
    { countsOnly: true },
  );
}
