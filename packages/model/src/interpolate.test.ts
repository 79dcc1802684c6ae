// Interpolated position tables against torch.nn.functional.interpolate(mode="bicubic", align_corners=False).
import { float32 } from "@glimpsejs/graph";
import { describe, expect, test } from "vitest";
import { interpolatePositions } from "./interpolate.ts";

// torch 2.13 on the 3 × 3 grid sin(0), sin(1), …, sin(8).
const expected: Readonly<Record<string, readonly number[]>> = {
  "2x4": [0.019273, 0.293011, 0.467356, 0.416664, -0.21217, 0.092677, 0.403699, 0.496754],
  "5x3": [
    -0.013548, 0.994905, 1.088647, 0.085033, 0.119548, 0.044151, 0.14112, -0.756802, -0.958924, -0.106087, -0.006639,
    0.098913, -0.319787, 0.79271, 1.176393,
  ],
  "1x1": [-0.756802],
};
const classRow = 7;
const table = float32([classRow, ...Array.from({ length: 9 }, (_, i) => Math.sin(i))], [10, 1]);

describe("interpolatePositions", () => {
  test.each(Object.entries(expected))("a 3 × 3 grid becomes %s", (size, values) => {
    const [rows = 0, columns = 0] = size.split("x").map(Number);
    const result = interpolatePositions(table, rows, columns);
    expect(result.shape).toEqual([1 + rows * columns, 1]);
    expect(result.data[0]).toBe(classRow);
    for (const [i, value] of values.entries()) expect(result.data[i + 1]).toBeCloseTo(value, 5);
  });

  test("the trained grid is returned as it is", () => {
    expect(interpolatePositions(table, 3, 3)).toBe(table);
  });
});
