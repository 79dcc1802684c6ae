// Tokens that are found in the text itself, as "[CLS]" is: before normalization, or after it. Leftmost and longest, as
// in the Rust tokenizers library. lstrip, rstrip and single_word, which BERT's tokens never have, are not here.
import { GlimpseError, show } from "@glimpsejs/base";

/** A token that is looked for in the text. */
export interface AddedToken {
  /** As in the text; not empty. */
  readonly content: string;
  readonly id: number;
  /** Whether it is looked for after normalization, in its own normalized form. */
  readonly normalized: boolean;
  /** Whether decoding with skipSpecialTokens leaves it out. */
  readonly special: boolean;
}

const maxTokens = 10_000;
const maxLength = 1000;

/** Cuts a text into what is between the tokens and, for the tokens, their ids. */
export type TokenFinder = (text: string) => (string | number)[];

/** Makes a finder of the tokens in `ids`, none of them empty. */
export function tokenFinder(ids: ReadonlyMap<string, number>): TokenFinder {
  if (ids.size === 0) return (text) => [text];
  // The first alternative that fits is taken, so the longer ones stand first.
  const longestFirst = [...ids.keys()].sort((a, b) => b.length - a.length);
  const anyToken = new RegExp(`(${longestFirst.map(escaped).join("|")})`, "u");
  return (text) => text.split(anyToken).map((part, i) => (i % 2 === 0 ? part : (ids.get(part) ?? part)));
}

/** Throws "invalid-tokenizer" where the tokens are more, or longer, than a regular expression can hold. */
export function checkFindable(tokens: readonly AddedToken[], subject: string): void {
  const tooLong = tokens.find(({ content }) => content.length > maxLength);
  if (tokens.length <= maxTokens && tooLong === undefined) return;
  const expected = `at most ${maxTokens} of at most ${maxLength} characters`;
  const got =
    tooLong === undefined ? `${tokens.length}` : `${tooLong.content.length} characters in ${show(tooLong.content)}`;
  throw new GlimpseError(
    { subject, problem: "there is too much in the added tokens", expected, got },
    { code: "invalid-tokenizer" },
  );
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
