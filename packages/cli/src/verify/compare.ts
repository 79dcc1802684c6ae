// Comparing what was computed with what was expected: one check per tensor, with the worst element and its index.
import type { HostTensor } from "@glimpsejs/graph";

/** The element that is furthest off. */
export interface Worst {
  /** |expected − got|; NaN where only one of them is a number. */
  readonly error: number;
  /** Where it stands, an index per axis. */
  readonly index: readonly number[];
  /** The reference's number. */
  readonly expected: number;
  /** The computed number. */
  readonly got: number;
}

/** The comparison of one tensor, or of the token ids of one run. */
export interface Check {
  /** What was compared, such as the name of an output. */
  readonly name: string;
  /** Whether it is within the tolerance. */
  readonly passed: boolean;
  /** Number of elements compared. */
  readonly compared: number;
  /** The element that is furthest off; absent where shapes differ or nothing was compared. */
  readonly worst?: Worst;
  /** What is wrong where there is more to say than an element, such as another shape. */
  readonly problem?: string;
}

/**
 * Compares float32 tensors element by element; `skip` leaves out elements by their index. Passes when no error is above
 * `tolerance`, no element is NaN, and at least one was compared.
 */
export function compareTensors(
  name: string,
  expected: HostTensor<"float32">,
  got: HostTensor<"float32"> | undefined,
  tolerance: number,
  skip?: (index: readonly number[]) => boolean,
): Check {
  if (got === undefined) return failure(name, "nothing like it was computed");
  if (got.shape.join() !== expected.shape.join()) {
    return failure(name, `the shape differs, expected [${expected.shape.join(", ")}], got [${got.shape.join(", ")}]`);
  }
  let worst: { readonly error: number; readonly at: number } | undefined;
  let compared = 0;
  for (let at = 0; at < expected.data.length; at++) {
    if (skip?.(indexOf(at, expected.shape))) continue;
    compared++;
    const error = Math.abs((expected.data[at] ?? Number.NaN) - (got.data[at] ?? Number.NaN));
    if (worst === undefined || isWorse(error, worst.error)) worst = { error, at };
  }
  if (worst === undefined) return failure(name, "there is nothing to compare");
  const { error, at } = worst;
  const [a = Number.NaN, b = Number.NaN] = [expected.data[at], got.data[at]];
  const where = { error, index: indexOf(at, expected.shape), expected: a, got: b };
  return { name, passed: error <= tolerance, compared, worst: where };
}

/** Compares rows of token ids, which must be equal. */
export function compareRows(
  name: string,
  expected: readonly (readonly number[])[],
  got: readonly (readonly number[])[],
): Check {
  if (expected.length !== got.length) {
    return failure(name, `the number of rows differs, expected ${expected.length}, got ${got.length}`);
  }
  let worst: Worst | undefined;
  for (const [r, row] of expected.entries()) {
    const other = got[r] ?? [];
    const at = row.findIndex((id, i) => id !== other[i]);
    if (at === -1 && row.length === other.length) continue;
    const i = at === -1 ? row.length : at;
    const [a, b] = [row[i], other[i]];
    if (a === undefined || b === undefined) {
      return failure(name, `row ${r} differs in length, expected ${row.length} ids, got ${other.length}`);
    }
    worst ??= { error: Math.abs(a - b), index: [r, i], expected: a, got: b };
  }
  const compared = expected.reduce((sum, row) => sum + row.length, 0);
  const first = expected[0]?.[0] ?? Number.NaN;
  return {
    name,
    passed: worst === undefined,
    compared,
    worst: worst ?? { error: 0, index: [0, 0], expected: first, got: first },
  };
}

/** The check that says most about a case: one that failed before one that passed, then the larger error. */
export function worstCheck(checks: readonly Check[]): Check | undefined {
  let worst: Check | undefined;
  for (const check of checks) {
    const fails = worst?.passed === true && !check.passed;
    const same = worst?.passed === check.passed;
    if (worst === undefined || fails || (same && isWorse(errorOf(check), errorOf(worst)))) worst = check;
  }
  return worst;
}

/** A check of one element that is no number on both sides. */
export function sameNaN(name: string): Check {
  return { name, passed: true, compared: 1, worst: { error: 0, index: [0], expected: Number.NaN, got: Number.NaN } };
}

/** A check that failed before elements could be compared. */
export function failure(name: string, problem: string): Check {
  return { name, passed: false, compared: 0, problem };
}

function errorOf(check: Check): number {
  return check.worst?.error ?? Number.NaN; // without elements, it could not be worse
}

function isWorse(a: number, b: number): boolean {
  return Number.isNaN(a) ? !Number.isNaN(b) : a > b;
}

/** The index of element `flat` of a row-major tensor. */
function indexOf(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (const size of shape.toReversed()) {
    index.unshift(flat % size);
    flat = Math.floor(flat / size);
  }
  return index;
}
