// BERT's normalizer and its split into words, equal to BertNormalizer and BertPreTokenizer of the Rust tokenizers
// library for every code point (lower case alone follows the JavaScript engine's Unicode). Whole-string operations
// of the engine on sets of code points; knows no vocabulary and no special tokens.
import {
  chineseRanges,
  fixedMarkRanges,
  movableMarkRanges,
  newlyDecomposedRanges,
  orderedRanges,
  punctuationRanges,
  removedRanges,
} from "./unicode-tables.ts";

/** What the normalizer does besides dropping control characters and making every white space a space. */
export interface NormalizerOptions {
  /** Puts spaces around Chinese characters. */
  readonly handleChineseChars: boolean;
  /** Decomposes (NFD) and drops nonspacing marks. */
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

// Half of a surrogate pair is what U+FFFD, which goes too, stands for in well-formed text.
const removed = new RegExp(`[\\p{Surrogate}${classOf(removedRanges)}]`, "gu");
const chinese = new RegExp(`[${classOf(chineseRanges)}]`, "gu");
// Nothing below U+00C0 decomposes.
const decomposed = new RegExp(`[^\\u{0}-\\u{bf}${classOf(newlyDecomposedRanges)}]`, "gu");
const movableMarks = new RegExp(`[${classOf(movableMarkRanges)}]`, "gu");
const fixedMarks = new RegExp(`[${classOf(fixedMarkRanges)}]`, "gu");
const combiningClasses = orderedRanges.map((ranges) => new RegExp(`[${classOf(ranges)}]`, "u"));
// The parentheses make split() keep what it splits at.
const ordered = new RegExp(`([${orderedRanges.map(classOf).join("")}])`, "u");
const wordEnd = new RegExp(`\\p{White_Space}|([${classOf(punctuationRanges)}])`, "u");

/** Normalizes a text. */
export function normalize(text: string, options: NormalizerOptions): string {
  let result = text.replace(removed, "").replace(/\p{White_Space}/gu, " ");
  if (options.handleChineseChars) result = result.replace(chinese, " $& ");
  if (options.stripAccents) result = stripAccents(result);
  // Rust lowers one character at a time; JavaScript looks around a Σ, and only there.
  if (options.lowercase) result = result.replaceAll("Σ", "σ").toLowerCase();
  return result;
}

/** Splits a normalized text at white space, and makes every punctuation mark a word of its own. */
export function splitWords(text: string): string[] {
  // What the white space captured is undefined, and there are empty strings between neighbours.
  return text.split(wordEnd).filter((word) => word);
}

/**
 * NFD of Unicode 9 without nonspacing marks. The engine decomposes single characters only: it would know newer ones, and
 * it takes quadratic time to order a long run of marks. What is ordered here is what is left of them in the end.
 */
function stripAccents(text: string): string {
  const decomposition = text.replace(decomposed, (char) => char.normalize("NFD"));
  return order(decomposition.replace(movableMarks, "")).replace(fixedMarks, "");
}

/** Sorts neighbours that have combining classes by class. No regular expression matches a run: it would need a stack. */
function order(text: string): string {
  const none = combiningClasses.map(() => "");
  let waiting = none;
  let result = "";
  for (const [i, part] of text.split(ordered).entries()) {
    if (i % 2 === 1) waiting = waiting.map((run, k) => (combiningClasses[k]?.test(part) ? run + part : run));
    else if (part !== "") {
      result += waiting.join("") + part;
      waiting = none;
    }
  }
  return result + waiting.join("");
}

/** A table of unicode-tables.ts as it stands between the brackets of a regular expression. */
function classOf(table: string): string {
  let last = 0;
  return table.replace(/\s*([0-9a-f]+)(?:-([0-9a-f]+))?\s*/g, (_, gap: string, more = "0") => {
    const first = last + Number.parseInt(gap, 16);
    last = first + Number.parseInt(more, 16);
    return `\\u{${first.toString(16)}}-\\u{${last.toString(16)}}`;
  });
}
