import { expect, test } from "vitest";
import { elementCount, float32, int32 } from "./tensor.ts";

test("a tensor's data must fill its shape", () => {
  expect(float32([1, 2, 3, 4], [2, 2])).toEqual({
    dtype: "float32",
    shape: [2, 2],
    data: Float32Array.of(1, 2, 3, 4),
  });
  expect(int32([], [0, 3]).data).toEqual(new Int32Array());
  expect(() => float32([1, 2], [3])).toThrow(
    "float32 tensor [3]: the data does not fill the shape, expected 3 elements, got 2.",
  );
  expect(() => int32([1], [0])).toThrow(
    "int32 tensor [0]: the data does not fill the shape, expected 0 elements, got 1.",
  );
});

test("typed arrays are not copied", () => {
  const data = Float32Array.of(1);
  expect(float32(data, [1]).data).toBe(data);
});

test("a scalar has one element", () => {
  expect(elementCount([])).toBe(1);
  expect(elementCount([4, 0, 2])).toBe(0);
});
