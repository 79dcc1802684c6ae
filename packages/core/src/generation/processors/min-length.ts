// Forbids the end tokens until the text is long enough, counted with its prompt or without.
import { forbidding, type SparseProcessor } from "./processor.ts";

/** No end while the text has fewer than `length` tokens, prompt included. */
export function minLength(length: number, eosTokenIds: ReadonlySet<number>): SparseProcessor {
  const ends = [...eosTokenIds];
  return forbidding(({ tokens }) => (tokens.length < length ? ends : []), { countsOnly: true });
}

/** No end while fewer than `count` tokens were generated. */
export function minNewTokens(count: number, eosTokenIds: ReadonlySet<number>): SparseProcessor {
  const ends = [...eosTokenIds];
  return forbidding(({ tokens, promptLength }) => (tokens.length - promptLength < count ? ends : []), {
    countsOnly: true,
  });
}
