import fc from "fast-check";
import { expect, test } from "vitest";
import { ascending } from "./ascending.ts";

const no = Number.NEGATIVE_INFINITY;

test("sorts as numbers are compared, without what is forbidden and what is no number", () => {
  const values = Float32Array.of(1, -2, no, 0, Number.NaN, -0, 3e38, -3e38, 1e-45, -1e-45, Number.POSITIVE_INFINITY, 1);
  const sorted = [-3e38, -2, -1e-45, -0, 0, 1e-45, 1, 1, 3e38, Number.POSITIVE_INFINITY];
  expect(ascending(values)).toEqual(Float32Array.from(sorted));
  expect(ascending(new Float32Array(3).fill(no))).toEqual(new Float32Array());
  expect(values[2]).toBe(no);
});

test("sorts any floats as their own sort() does", () => {
  fc.assert(
    fc.property(fc.float32Array({ noNaN: true }), (values) => {
      const expected = values.filter((value) => value > no).sort();
      expect(ascending(values)).toEqual(expected);
    }),
  );
});

test("sorts a view without touching what is beside it", () => {
  const all = Float32Array.of(9, 3, 1, 2, 9);
  expect(ascending(all.subarray(1, 4))).toEqual(Float32Array.of(1, 2, 3));
  expect(all).toEqual(Float32Array.of(9, 3, 1, 2, 9));
});
