// Words of a text, and where attention lies in words.
import { expect, test } from "vitest";
import { placeOf, splitWords } from "./words.ts";

test("a text falls apart at its spaces", () => {
  expect(splitWords("a light  bulb")).toEqual(["a", "light", "bulb"]);
  expect(splitWords("")).toEqual([]);
});

test.for([
  [[1, 0, 0, 0, 0, 0, 0, 0, 0], "upper left"],
  [[0, 0, 0, 0, 1, 0, 0, 0, 0], "the centre"],
  [[0, 0, 0, 0, 0, 1, 0, 0, 0.9], "right"],
  [[0, 0, 0, 0, 0, 0, 0, 1, 0], "lower"],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0], "nowhere in particular"],
] as const)("%s is %s", ([heat, place]) => {
  expect(placeOf(Float32Array.from(heat), 3, 3)).toBe(place);
});

test("many faint patches do not outvote a bright one", () => {
  const heat = Float32Array.from({ length: 64 }, (_, i) => (i === 63 ? 0.4 : 0.6 / 63));
  expect(placeOf(heat, 8, 8)).toBe("lower right");
});
