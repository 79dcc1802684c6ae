// Tokens that are found in the text itself, as "[CLS]" is: before normalization, or after it. Leftmost and longest, as
// in the Rust tokenizers library. Does not normalize.
import { GlimpseError, show } from "@glimpsejs/base";
import type { TokenizerConfig } from "@glimpsejs/config";

/** A token that is looked for in the text. */
export interface AddedToken {
  /** As in the text; not empty. */
  readonly content: string;
  readonly id: number;
  /** Whether it is looked for after normalization, in its own normalized form. */
  readonly normalized: boolean;
  /** Whether decoding with skipSpecialTokens leaves it out. */
  readonly special: boolean;
  /** Whether it is no token where a letter or digit touches it. */
  readonly singleWord: boolean;
  /** Whether spaces before it belong to it. */
  readonly lstrip: boolean;
  /** Whether spaces behind it belong to it. */
  readonly rstrip: boolean;
}

const maxTokens = 10_000;
const maxLength = 1000;

/** Cuts a text into what is between the tokens and, for the tokens, their ids. */
export type TokenFinder = (text: string) => (string | number)[];

/** Makes a finder of `tokens`. Of two with the same content, which the library chooses from at random, the last is found. */
export function tokenFinder(tokens: readonly AddedToken[]): TokenFinder {
  if (tokens.length === 0) return (text) => [text];
  const byContent = new Map(tokens.map((token) => [token.content, token]));
  // The first alternative that fits is taken, so the longer ones stand first.
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const anyToken = new RegExp(longestFirst.map(escaped).join("|"), "gu");
  return (text) => {
    const parts: (string | number)[] = [];
    let from = 0;
    for (const match of text.matchAll(anyToken)) {
      const token = byContent.get(match[0]);
      if (token === undefined) continue;
      const before = text.slice(0, match.index);
      const after = text.slice(match.index + match[0].length);
      // Its last two units hold the last code point; a search for the end of the whole text would take too long.
      if (token.singleWord && (endsWithWord.test(before.slice(-2)) || startsWithWord.test(after))) continue;
      // Spaces that the token before has taken are not taken again.
      const start = token.lstrip ? Math.max(from, lengthWithoutSpaces(before)) : match.index;
      if (start > from) parts.push(text.slice(from, start));
      parts.push(token.id);
      from = text.length - after.length + (token.rstrip ? (spacesAtStart.exec(after)?.[0].length ?? 0) : 0);
    }
    if (from < text.length) parts.push(text.slice(from));
    return parts;
  };
}

// What Rust's regular expressions mean by \\w and \\s.
const wordCharacter = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]";
const startsWithWord = new RegExp(`^${wordCharacter}`, "u");
const endsWithWord = new RegExp(`${wordCharacter}$`, "u");
const spacesAtStart = /^\p{White_Space}*/u;
const space = /^\p{White_Space}$/u;

function lengthWithoutSpaces(text: string): number {
  let length = text.length;
  while (length > 0 && space.test(text.charAt(length - 1))) length--;
  return length;
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

/** The added tokens of a file and, as special ones, those of the config that the vocabulary has. */
export function withSpecialTokens(
  addedTokens: readonly AddedToken[],
  { clsToken, sepToken, padToken, unkToken, maskToken }: TokenizerConfig,
  ids: ReadonlyMap<string, number>,
): AddedToken[] {
  const byContent = new Map(addedTokens.map((token) => [token.content, token]));
  for (const content of [clsToken, sepToken, padToken, unkToken, maskToken]) {
    const id = ids.get(content);
    const plain = { singleWord: false, lstrip: false, rstrip: false };
    if (id !== undefined)
      byContent.set(content, { ...plain, ...byContent.get(content), content, id, normalized: false, special: true });
  }
  return [...byContent.values()].sort((a, b) => a.id - b.id);
}
