// Ids back into text, equal to the WordPiece decoder of the Rust tokenizers library and, where asked for, to
// clean_up_tokenization of transformers; at once or one id at a time. Encoding is not here.
import { GlimpseError, show } from "@glimpsejs/base";
import { type DecodeOptions, decodePlan } from "./options.ts";
import { continuation } from "./word-piece.ts";

/** Turns ids into text as they come. The pieces, joined, are what decode makes of all the ids. */
export interface IncrementalDecoder {
  /** Takes the next id and returns the text that is now certain, which may be none. Errors as in decode. */
  push(id: number): string;
  /** Returns the rest of the text. The next push begins a new text. */
  finish(): string;
}

/** What a decoder knows of its tokenizer. */
export interface DecoderTable {
  /** The token of each id. */
  readonly tokens: ReadonlyMap<number, string>;
  /** The normalized form of those added tokens that are found in it; it is what the library decodes them to. */
  readonly normalized: ReadonlyMap<number, string>;
  /** Contents of the special tokens, as they were given; the library goes by the text. */
  readonly specials: ReadonlySet<string>;
  /** The default of the option cleanUpTokenizationSpaces. */
  readonly cleanUpSpaces: boolean;
}

/** All ids into one text. */
export function decode(ids: Iterable<number>, table: DecoderTable, options: DecodeOptions): string {
  const { skipSpecialTokens, cleanUpTokenizationSpaces } = decodePlan(options, table.cleanUpSpaces);
  if (typeof ids !== "object" || ids === null || !(Symbol.iterator in ids)) {
    throw new GlimpseError(
      { subject: "decode", problem: "it takes token ids", expected: "an array of them", got: show(ids) },
      { code: "invalid-argument" },
    );
  }
  const nextText = tokenTexts(table, skipSpecialTokens);
  let text = "";
  for (const id of ids) text += nextText(id);
  return cleanUpTokenizationSpaces ? cleanUp(text) : text;
}

/** A decoder for ids that come one by one. */
export function incrementalDecoder(table: DecoderTable, options: DecodeOptions): IncrementalDecoder {
  const { skipSpecialTokens, cleanUpTokenizationSpaces } = decodePlan(options, table.cleanUpSpaces);
  let nextText = tokenTexts(table, skipSpecialTokens);
  let held = "";
  return {
    push(id) {
      held += nextText(id);
      // Without the clean-up of the whole text, what a token gives is certain at once.
      return take(cleanUpTokenizationSpaces ? certainLength(held) : held.length);
    },
    finish() {
      nextText = tokenTexts(table, skipSpecialTokens);
      return take(held.length);
    },
  };

  function take(length: number): string {
    const text = held.slice(0, length);
    held = held.slice(length);
    return cleanUpTokenizationSpaces ? cleanUp(text) : text;
  }
}

/** A function from the next id to its part of the text: only the first token has no space before it. */
function tokenTexts(table: DecoderTable, skipSpecialTokens: boolean): (id: number) => string {
  const { tokens, normalized, specials } = table;
  let position = 0;
  let first = true;
  return (id) => {
    checkId(id, position++);
    // An id without a token gives no text, as in the library: a model may have more rows than its tokenizer has tokens.
    const token = normalized.get(id) ?? tokens.get(id);
    if (token === undefined || (skipSpecialTokens && specials.has(token))) return "";
    let text = token;
    if (!first) text = token.startsWith(continuation) ? token.slice(continuation.length) : ` ${token}`;
    first = false;
    // The library cleans up each token; its list has one entry more than that of transformers, which is independent.
    return cleanUp(text).replaceAll(" do not", " don't");
  };
}

function checkId(id: number, position: number): void {
  if (Number.isInteger(id) && id >= 0 && id < 2 ** 32) return;
  throw new GlimpseError(
    {
      subject: `decode id ${position}`,
      problem: "it is no token id",
      expected: "a whole number, 0 or above",
      got: show(id),
    },
    { code: "invalid-argument" },
  );
}

const replacements = [
  [" .", "."],
  [" ?", "?"],
  [" !", "!"],
  [" ,", ","],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
] as const;

/** The replacements one after the other, over the whole text. */
function cleanUp(text: string): string {
  return replacements.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}

/**
 * How much of `text` cleanUp treats the same whatever follows. A match begins with a space, spans at most 6 characters
 * (" n ' t", which the fifth replacement makes " n't") and holds none but those of the replacements, so that none
 * reaches past another character, or past 5 that are no spaces.
 */
function certainLength(text: string): number {
  let spaceless = 0;
  let end = text.length;
  for (let i = text.length - 1; i >= 0; i--) {
    const char = text.charAt(i);
    if (char === " ") [spaceless, end] = [0, i];
    else if (++spaceless === 5 || !".?!,'ntmsvre".includes(char)) break;
  }
  return end;
}
