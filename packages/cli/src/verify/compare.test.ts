import { float32 } from "@glimpsejs/graph";
import { expect, test } from "vitest";
import { compareRows, compareTensors, worstCheck } from "./compare.ts";

const expected = float32([1, 2, 3, 4, 5, 6], [2, 3]);

test("the worst element is named with its index and both values", () => {
  const check = compareTensors("x", expected, float32([1, 2, 3, 4.25, 5.5, 6], [2, 3]), 1e-4);
  expect(check).toEqual({
    name: "x",
    passed: false,
    compared: 6,
    worst: { error: 0.5, index: [1, 1], expected: 5, got: 5.5 },
  });
  expect(compareTensors("x", expected, expected, 1e-4)).toMatchObject({
    passed: true,
    compared: 6,
    worst: { error: 0 },
  });
});

test("an error at the tolerance passes, one above it does not", () => {
  const off = (by: number) => compareTensors("x", float32([0], [1]), float32([by], [1]), 0.25).passed;
  expect([off(0.25), off(-0.25), off(0.26)]).toEqual([true, true, false]);
});

test("NaN, other shapes and nothing at all never pass", () => {
  const nan = compareTensors("x", expected, float32([1, 2, 3, Number.NaN, 5, 60], [2, 3]), 1e-4);
  expect(nan).toMatchObject({ passed: false, worst: { index: [1, 0], error: Number.NaN } });
  expect(compareTensors("x", expected, float32([1, 2, 3, 4, 5, 6], [3, 2]), 1)).toMatchObject({
    passed: false,
    problem: "the shape differs, expected [2, 3], got [3, 2]",
  });
  expect(compareTensors("x", expected, undefined, 1).passed).toBe(false);
  expect(compareTensors("x", expected, expected, 1, () => true).passed).toBe(false);
  expect(compareTensors("x", float32([], [0]), float32([], [0]), 1).passed).toBe(false);
});

test("skipped elements are neither compared nor counted", () => {
  const check = compareTensors("x", expected, float32([9, 9, 9, 4, 5, 6], [2, 3]), 1e-4, ([row]) => row === 0);
  expect(check).toMatchObject({ passed: true, compared: 3 });
});

test("ids must be equal, and rows of one length", () => {
  expect(compareRows("ids", [[1, 2], [3]], [[1, 2], [3]])).toMatchObject({ passed: true, compared: 3 });
  expect(
    compareRows(
      "ids",
      [
        [1, 2],
        [3, 7],
      ],
      [
        [1, 2],
        [3, 5],
      ],
    ),
  ).toMatchObject({
    passed: false,
    worst: { index: [1, 1], expected: 7, got: 5 },
  });
  expect(compareRows("ids", [[1, 2]], [[1, 2, 3]])).toMatchObject({
    passed: false,
    problem: "row 0 differs in length, expected 2 ids, got 3",
  });
  expect(compareRows("ids", [[1, 2]], [[1]]).passed).toBe(false);
  expect(compareRows("ids", [[1], [2]], [[1]]).passed).toBe(false);
});

test("the worst check of a case is one that failed, even with a smaller error", () => {
  const passed = compareTensors("passed", float32([5], [1]), float32([9], [1]), 10);
  const failed = compareRows("failed", [[1]], [[2]]);
  const broken = compareTensors("broken", expected, undefined, 1);
  expect(worstCheck([passed, failed])?.name).toBe("failed");
  expect(worstCheck([failed, broken, passed])?.name).toBe("broken");
  expect(worstCheck([])).toBeUndefined();
});
