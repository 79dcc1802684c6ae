// The kinds of value that fields of configs have, as valibot schemas. The message of each says what is expected, in the
// words that follow "expected" in an error. Holds the limits too; no particular field is named here.
import * as v from "valibot";

/**
 * Upper bounds, far above every published model. They catch typing errors and attacks before anything is allocated,
 * and keep the element count of every weight exact: the largest product, channels · side² · width, is 2^50.
 */
export const limits = {
  width: 65_536, // hidden_size, heads
  feedForward: 262_144, // intermediate_size: four times the width
  layers: 1_024,
  vocabulary: 16_777_216,
  positions: 1_048_576, // text positions, and lengths of texts
  side: 16_384, // pixels of an image's or patch's side
  channels: 64,
  frames: 4_096,
  beams: 1_024, // each is a row of the cache
} as const;

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number) {
  return v.custom<number>((x) => isWhole(x, min, max), `a whole number from ${min} to ${max}`);
}

/** Any finite number. */
export const finite = v.custom<number>((x) => Number.isFinite(x), "a finite number");

/** A finite number above 0. */
export const positive = v.custom<number>((x) => isNumber(x) && x > 0, "a finite number above 0");

/** A finite number that is 0 or above. */
export const nonNegative = v.custom<number>((x) => isNumber(x) && x >= 0, "a finite number, 0 or above");

/** 0 ≤ x ≤ 1 */
export const probability = v.custom<number>((x) => isNumber(x) && x >= 0 && x <= 1, "a number from 0 to 1");

/** True or false. */
export const flag = v.boolean("true or false");

/** A string that is not empty. */
export const text = v.custom<string>((x) => typeof x === "string" && x !== "", "a string that is not empty");

/** One of `names`. */
export function oneOf<const T extends readonly (string | number)[]>(names: T) {
  return v.picklist(names, names.map((name) => JSON.stringify(name)).join(", "));
}

/** A token id; whether the vocabulary has it is another question. */
export const tokenId = whole(0, limits.vocabulary - 1);

/** A list of token ids. */
export const tokenIdList = v.custom<readonly number[]>(isIdList, "a list of token ids");

/** A token id or a list of at least one. */
export const tokenIds = v.custom<number | readonly number[]>(
  (x) => isId(x) || (isIdList(x) && x.length > 0),
  "a token id, or a list of at least one",
);

/** Texts as token ids: a list of lists, none of them empty. */
export const tokenIdLists = v.custom<readonly (readonly number[])[]>(
  (x) => Array.isArray(x) && x.length > 0 && x.every((ids) => isIdList(ids) && ids.length > 0),
  "a list of lists of token ids, none of them empty",
);

function isNumber(x: unknown): x is number {
  return typeof x === "number" && Number.isFinite(x);
}

function isWhole(x: unknown, min: number, max: number): boolean {
  return isNumber(x) && Number.isInteger(x) && x >= min && x <= max;
}

function isId(x: unknown): boolean {
  return isWhole(x, 0, limits.vocabulary - 1);
}

function isIdList(x: unknown): x is readonly number[] {
  return Array.isArray(x) && x.every(isId);
}
