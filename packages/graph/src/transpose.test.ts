import { expect, test } from "vitest";
import { transpose, transposeInto } from "./transpose.ts";

// 150 rows are two blocks and a part of one.
test.each([
  [150, 7],
  [3, 64],
  [1, 5],
  [4, 0],
])("%i rows of %i become columns", (rows, columns) => {
  const data = Int8Array.from({ length: rows * columns }, (_, i) => (i * 31) % 127);
  const out = transpose(data, rows, columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      expect(out[column * rows + row]).toBe(data[row * columns + column]);
  }
  expect(transpose(out, columns, rows)).toEqual(data);
});

test("some rows go to their place among the others", () => {
  const out = new Int8Array(6);
  transposeInto(out, 3, Int8Array.of(1, 2, 3, 4), 2, 1);
  expect(out).toEqual(Int8Array.of(0, 1, 3, 0, 2, 4));
});
