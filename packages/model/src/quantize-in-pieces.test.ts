// Weights that are rounded piece by piece: the same numbers as all at once, and never all floats in memory.
import { quantize, type Weight } from "@glimpsejs/graph";
import { expect, test } from "vitest";
import { quantizeInPieces } from "./quantize-in-pieces.ts";

const [n, k] = [1500, 1024]; // 6 MB
const values = Float32Array.from({ length: n * k }, (_, i) => Math.sin(i * 0.37) * (1 + (i % 97)));

/** A weight in a file that is read in parts only, and how many bytes each of them had. */
function inParts(floats: Float32Array): { readonly weight: Weight; readonly read: number[] } {
  const read: number[] = [];
  const bytes = new Uint8Array(floats.buffer);
  const weight: Weight = {
    dtype: "float32",
    shape: [n, k],
    byteLength: bytes.length,
    bytes: () => Promise.reject(new Error("all at once")),
    location: {
      offset: 100,
      file: {
        path: "/w",
        isInPlace: async () => true,
        async read(offset, length) {
          read.push(length);
          return bytes.slice(offset - 100, offset - 100 + length);
        },
      },
    },
  };
  return { weight, read };
}

test.each([
  { bits: 8, block: k },
  { bits: 4, block: 128 },
] as const)("$bits bits", async (format) => {
  const { weight, read } = inParts(values);
  expect(await quantizeInPieces(weight, format, "w")).toEqual(quantize(values, format, "w"));
  expect(read.length).toBeGreaterThan(1);
  expect(Math.max(...read)).toBeLessThan(weight.byteLength);
});

test("an element that is no number has its place in the whole weight", async () => {
  const damaged = values.slice();
  damaged[1_400_123] = Number.NaN;
  for (const format of [
    { bits: 8, block: k },
    { bits: 4, block: 128 },
  ] as const) {
    await expect(quantizeInPieces(inParts(damaged).weight, format, "w")).rejects.toThrow("element 1400123 cannot");
  }
});
