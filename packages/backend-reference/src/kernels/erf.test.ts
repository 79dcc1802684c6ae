import { expect, test } from "vitest";
import { erf } from "./erf.ts";

// math.erf of Python 3, which is C's.
test.each([
  [1e-300, 1.1283791670955126e-300],
  [1e-5, 1.1283791670579e-5],
  [0.25, 0.2763263901682369],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [1.5, 0.9661051464753108],
  [2.5, 0.999593047982555],
  [4, 0.9999999845827421],
  [5.9, 0.9999999999999999],
])("erf(%d) = %d, to 1e-15 of it, and odd", (x, expected) => {
  expect(Math.abs(erf(x) / expected - 1)).toBeLessThan(1e-15);
  expect(erf(-x)).toBe(-erf(x));
});

test("the ends", () => {
  expect([0, 7, -7, Infinity, -Infinity].map(erf)).toEqual([0, 1, -1, 1, -1]);
  expect(erf(Number.NaN)).toBeNaN();
});
