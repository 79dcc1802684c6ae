// Raw pixels: layouts that are accepted, and shapes that are refused.
import { GlimpseError } from "@glimpsejs/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type RawImage, toPicture } from "./picture.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

/** The error of toPicture for an input that the types may not allow. */
function refusal(input: unknown): GlimpseError {
  try {
    toPicture(input as RawImage, "p");
  } catch (error) {
    if (GlimpseError.isInstance(error, "invalid-image")) return error;
    throw error;
  }
  throw new Error("toPicture accepted it");
}

test("packed RGB is shared, not copied", () => {
  const data = bytes(1, 2, 3, 4, 5, 6);
  expect(toPicture({ width: 2, height: 1, data }).data).toBe(data);
  const clamped = new Uint8ClampedArray(data);
  const picture = toPicture({ width: 2, height: 1, data: clamped });
  expect([...picture.data]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(picture.data.buffer).toBe(clamped.buffer);
});

test("grey is repeated and alpha dropped, in both layouts", () => {
  const rgb = (raw: Omit<RawImage, "width" | "height">) => [...toPicture({ width: 2, height: 1, ...raw }).data];
  expect(rgb({ data: bytes(7, 9) })).toEqual([7, 7, 7, 9, 9, 9]);
  expect(rgb({ data: bytes(7, 0, 9, 0) })).toEqual([7, 7, 7, 9, 9, 9]);
  expect(rgb({ data: new Uint8ClampedArray([1, 2, 3, 0, 4, 5, 6, 0]) })).toEqual([1, 2, 3, 4, 5, 6]);
  expect(rgb({ layout: "CHW", channels: 1, data: bytes(7, 9) })).toEqual([7, 7, 7, 9, 9, 9]);
  expect(rgb({ layout: "CHW", data: bytes(7, 9, 0, 0) })).toEqual([7, 7, 7, 9, 9, 9]);
  expect(rgb({ layout: "CHW", data: bytes(1, 4, 2, 5, 3, 6) })).toEqual([1, 2, 3, 4, 5, 6]);
  expect(rgb({ layout: "CHW", data: bytes(1, 4, 2, 5, 3, 6, 0, 0) })).toEqual([1, 2, 3, 4, 5, 6]);
});

test("C25: wrong length and stride mismatch", () => {
  expect(refusal({ width: 2, height: 2, channels: 3, data: new Uint8Array(11) }).message).toBe(
    "p: the length of the pixel data does not fit the shape, expected 12 (2 x 2 x 3), got 11. " +
      "Rows must follow each other without padding.",
  );
  expect(refusal({ width: 3, height: 2, data: new Uint8Array(2 * 16) }).problems).toHaveLength(1);
});

test("C25: sides of 0, 2^31, fractions and NaN, all named at once", () => {
  for (const side of [0, -1, 2 ** 31, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "2", undefined]) {
    const { problems } = refusal({ width: side, height: side, channels: 5, layout: "WHC", data: bytes(1) });
    expect(problems.map(({ problem }) => problem)).toEqual([
      "the width is not usable",
      "the height is not usable",
      "the number of channels is not usable",
      "the layout is unknown",
    ]);
  }
  expect(refusal({ width: 2 ** 31 - 1, height: 2 ** 31 - 1, data: bytes(1) }).message).toContain("does not fit");
});

test("C25: floats, which may hold NaN, and other kinds of data", () => {
  expect(refusal({ width: 1, height: 1, data: new Float32Array([Number.NaN, 0, 1]) }).message).toContain(
    "expected Uint8Array or Uint8ClampedArray, got Float32Array. Scale",
  );
  for (const data of [
    [1, 2, 3],
    new Uint16Array(3),
    new DataView(new ArrayBuffer(3)),
    new ArrayBuffer(3),
    null,
    "abc",
  ]) {
    expect(refusal({ width: 1, height: 1, data }).message).toContain("wrong kind");
  }
});

test("C25: what is no object", () => {
  for (const input of [null, undefined, 5, "x"]) {
    expect(refusal(input).message).toMatch(/^p: this is no picture, expected \{ width, height, data \}, got /);
  }
});

test("C24: a detached buffer", () => {
  const data = bytes(1, 2, 3);
  structuredClone(data.buffer, { transfer: [data.buffer] });
  expect(refusal({ width: 1, height: 1, data }).message).toContain("their buffer was transferred");
});

test("C25: whatever the shape says, the result is whole or a typed error", () => {
  const any = fc.record({
    width: fc.oneof(fc.integer({ min: -1, max: 5 }), fc.double()),
    height: fc.integer({ min: -1, max: 5 }),
    channels: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
    layout: fc.constantFrom("HWC", "CHW", undefined),
    data: fc.uint8Array({ maxLength: 80 }),
  });
  fc.assert(
    fc.property(any, (input) => {
      try {
        const { width, height, data } = toPicture(input as RawImage);
        expect(data).toHaveLength(width * height * 3);
      } catch (error) {
        expect(GlimpseError.isInstance(error, "invalid-image")).toBe(true);
      }
    }),
    { seed: 25, numRuns: 500 },
  );
});
