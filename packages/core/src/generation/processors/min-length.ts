// Forbids the end tokens until the text is long enough, counted with its prompt or without.
import { forbid, type LogitsProcessor } from "./processor.ts";

/** No end while the text has fewer than `length` tokens, prompt included. */
export function minLength(length: number, eosTokenIds: ReadonlySet<number>): LogitsProcessor {
  return (scores, { tokens }) => {
    if (tokens.length < length) forbid(scores, eosTokenIds);
  };
}

/** No end while fewer than `count` tokens were generated. */
export function minNewTokens(count: number, eosTokenIds: ReadonlySet<number>): LogitsProcessor {
  return (scores, { tokens, promptLength }) => {
    if (tokens.length - promptLength < count) forbid(scores, eosTokenIds);
  };
}
