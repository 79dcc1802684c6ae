// Properties of resizing and cropping that hold for any picture; equality with Pillow is in reference.test.ts.
import { GlimpseError } from "@glimpsejs/base";
import type { Resample } from "@glimpsejs/config";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Picture } from "./picture.ts";
import { centerCrop, resize, resizeAndCrop } from "./resize.ts";

const filters: readonly Resample[] = [0, 1, 2, 3, 4, 5];
const seed = { seed: 3, numRuns: 60 };
const side = fc.integer({ min: 1, max: 40 });
const size = fc.record({ width: side, height: side });
const picture: fc.Arbitrary<Picture> = size.chain(({ width, height }) =>
  fc
    .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
    .map((data) => ({ width, height, data })),
);

function column(...values: number[]): Picture {
  return { width: 1, height: values.length, data: Uint8Array.from(values.flatMap((value) => [value, value, value])) };
}

test("resizing to the same size changes nothing, with any filter", () => {
  fc.assert(
    fc.property(picture, fc.constantFrom(...filters), (source, filter) => {
      expect(resize(source, source, filter).data).toEqual(source.data);
    }),
    seed,
  );
});

test("one colour stays that colour, with any filter and size", () => {
  fc.assert(
    fc.property(
      size,
      size,
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(...filters),
      (from, to, level, filter) => {
        const source = { ...from, data: new Uint8Array(from.width * from.height * 3).fill(level) };
        const result = resize(source, to, filter);
        expect(result.data).toEqual(new Uint8Array(to.width * to.height * 3).fill(level));
      },
    ),
    seed,
  );
});

test("resizing and cropping at once equals one after the other", () => {
  fc.assert(
    fc.property(picture, size, size, fc.constantFrom(...filters), (source, to, crop, filter) => {
      expect(resizeAndCrop(source, to, filter, crop)).toEqual(centerCrop(resize(source, to, filter), crop));
    }),
    seed,
  );
});

test("the centre crop leaves the smaller half of an odd remainder before it, and pads the larger half", () => {
  const firstBytes = (result: Picture) => Array.from({ length: result.height }, (_, row) => result.data[row * 3]);
  expect(firstBytes(centerCrop(column(1, 2, 3, 4), { width: 1, height: 1 }))).toEqual([2]);
  expect(firstBytes(centerCrop(column(1, 2, 3), { width: 1, height: 2 }))).toEqual([1, 2]);
  expect(firstBytes(centerCrop(column(1, 2), { width: 1, height: 5 }))).toEqual([0, 0, 1, 2, 0]);
  expect(firstBytes(centerCrop(column(1), { width: 1, height: 4 }))).toEqual([0, 0, 1, 0]);
});

test("a crop may be wider and lower than the picture", () => {
  const result = centerCrop(column(1, 2, 3), { width: 3, height: 1 });
  expect([...result.data]).toEqual([0, 0, 0, 2, 2, 2, 0, 0, 0]);
});

test("C19: a picture that resizing would blow up is refused before memory is taken", () => {
  const line = { width: 1, height: 1_000_000, data: new Uint8Array(3_000_000) };
  expect(() => resize(line, { width: 224, height: 224_000_000 }, 3)).toThrow(
    /1 x 1000000 pixels: .* expected whole sides and at most 178956970 pixels, got 224 x 224000000\. Crop/,
  );
  expect(() => centerCrop(line, { width: 65536, height: 65536 })).toThrow(GlimpseError);
});

test("C25: sizes that are no sizes", () => {
  for (const side of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
    expect(() => resize(column(1), { width: side, height: 9 }, 3)).toThrow(GlimpseError);
    expect(() => centerCrop(column(1), { width: 9, height: side })).toThrow(GlimpseError);
  }
});
