// The kinds of value that fields of configs have: what is read, and the words that follow "expected" in an error where it
// is wrong. Holds the limits too; no particular field is named here. Not a schema library: those are made for more, and
// the smallest took more bytes in a page than the rest of this package.

/** What is wrong with a value, or with what is inside it at `path`. */
export interface Issue {
  readonly expected: string;
  readonly got: unknown;
  readonly path?: readonly string[];
}

/** Reads one value; what is wrong with it is added to `issues`, and what is then returned is not used. */
export type Schema<T> = (value: unknown, issues: Issue[]) => T;

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

/** A value that passes a test. */
export function test<T>(isRight: (value: unknown) => boolean, expected: string): Schema<T> {
  return (value, issues) => {
    if (!isRight(value)) issues.push({ expected, got: value });
    return value as T; // where it is not, there is an issue
  };
}

/** The first of `schemas` that has no issue with the value. */
export function oneOf<T>(schemas: readonly Schema<T>[], expected: string): Schema<T> {
  return (value, issues) => {
    for (const schema of schemas) {
      const found: Issue[] = [];
      const result = schema(value, found);
      if (found.length === 0) return result;
    }
    issues.push({ expected, got: value });
    return value as T; // there is an issue
  };
}

/** What `schema` reads, changed by `change` where it is right. */
export function mapped<T, R>(schema: Schema<T>, change: (value: T) => R): Schema<R> {
  return (value, issues) => {
    const before = issues.length;
    const read = schema(value, issues);
    return issues.length === before ? change(read) : (read as unknown as R); // there is an issue
  };
}

/** A list of as many items as there are schemas. */
export function tuple<T extends readonly unknown[]>(
  schemas: { readonly [K in keyof T]: Schema<T[K]> },
  expected: string,
): Schema<T> {
  return (value, issues) => {
    if (!Array.isArray(value)) {
      issues.push({ expected, got: value });
      return [] as unknown as T; // there is an issue
    }
    const items = schemas.map((schema, i) => {
      const found: Issue[] = [];
      const item: unknown = schema(value[i], found);
      issues.push(...found.map((issue) => ({ ...issue, path: [String(i)] })));
      return item;
    });
    const { length } = schemas;
    if (value.length > length) issues.push({ expected, got: value[length], path: [String(length)] });
    return items as unknown as T; // one item by each schema
  };
}

/** An object with these fields and no others; those of `optional` may be absent. */
export function shape<K extends string, O extends string = never>(
  field: Schema<number>,
  names: readonly K[],
  optional: readonly O[] = [],
): Schema<{ readonly [N in K]: number } & { readonly [N in O]?: number }> {
  return test((value) => {
    if (typeof value !== "object" || value === null) return false;
    const entries: readonly [string, unknown][] = Object.entries(value);
    const issues: Issue[] = [];
    for (const [, item] of entries) if (item !== undefined || optional.length === 0) field(item, issues);
    const known: readonly string[] = [...names, ...optional];
    return (
      issues.length === 0 &&
      names.every((name) => entries.some(([key, item]) => key === name && item !== undefined)) &&
      entries.every(([key]) => known.includes(key))
    );
  }, "");
}

/** `byDefault`, read as if it had been given, where the value is absent. */
export function optional<T>(schema: Schema<T>, byDefault: unknown): Schema<T> {
  return (value, issues) => schema(value === undefined ? byDefault : value, issues);
}

/** Null is a value. */
export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  return (value, issues) => (value === null ? null : schema(value, issues));
}

/** `byDefault`, read as if it had been given, where the value is absent or null. */
export function unlessNull<T>(schema: Schema<T>, byDefault: unknown): Schema<T> {
  return (value, issues) => schema(value ?? byDefault, issues);
}

/** A value that may be absent or null, which is then what is read. */
export function setting<T>(schema: Schema<T>): Schema<T | null | undefined> {
  return (value, issues) => (value === undefined || value === null ? value : schema(value, issues));
}

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number): Schema<number> {
  return test((x) => isWhole(x, min, max), `a whole number from ${min} to ${max}`);
}

/** Any finite number. */
export const finite: Schema<number> = test(Number.isFinite, "a finite number");

/** A finite number above 0. */
export const positive: Schema<number> = test((x) => isNumber(x) && x > 0, "a finite number above 0");

/** A finite number that is 0 or above. */
export const nonNegative: Schema<number> = test((x) => isNumber(x) && x >= 0, "a finite number, 0 or above");

/** 0 ≤ x ≤ 1 */
export const probability: Schema<number> = test((x) => isNumber(x) && x >= 0 && x <= 1, "a number from 0 to 1");

/** True or false. */
export const flag: Schema<boolean> = test((x) => typeof x === "boolean", "true or false");

/** A string that is not empty. */
export const text: Schema<string> = test((x) => typeof x === "string" && x !== "", "a string that is not empty");

/** One of `values`. */
export function among<const T extends string | number | boolean>(
  values: readonly T[],
  expected: string = values.map((value) => JSON.stringify(value)).join(", "),
): Schema<T> {
  return test((x) => values.some((value) => value === x), expected);
}

/** A token id; whether the vocabulary has it is another question. */
export const tokenId: Schema<number> = whole(0, limits.vocabulary - 1);

/** A list of token ids. */
export const tokenIdList: Schema<readonly number[]> = test(isIdList, "a list of token ids");

/** A token id or a list of at least one. */
export const tokenIds: Schema<number | readonly number[]> = test(
  (x) => isId(x) || (isIdList(x) && x.length > 0),
  "a token id, or a list of at least one",
);

/** Texts as token ids: a list of lists, none of them empty. */
export const tokenIdLists: Schema<readonly (readonly number[])[]> = test(
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
