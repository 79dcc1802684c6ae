// Forbids given runs of tokens. It compares tokens, not text: another spelling of a word is another run.
import { forbidding, type SparseProcessor } from "./processor.ts";

/**
 * Forbids the last token of each run of `words` where the text, prompt included, ends with the tokens before it.
 * A run that is an end token alone is ignored: forbidding the end altogether is what minLength is for.
 */
export function badWords(words: readonly (readonly number[])[], eosTokenIds: ReadonlySet<number>): SparseProcessor {
  const runs = words.flatMap((word) => {
    const last = word.at(-1);
    if (last === undefined || (word.length === 1 && eosTokenIds.has(last))) return [];
    return { before: word.slice(0, -1), last };
  });
  return forbidding(
    ({ tokens }) =>
      runs.flatMap(({ before, last }) => {
        const start = tokens.length - before.length;
        return before.every((id, i) => id === tokens[start + i]) ? [last] : [];
      }),
    { countsOnly: runs.every(({ before }) => before.length === 0) },
  );
}
