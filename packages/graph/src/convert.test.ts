import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bfloat16ToFloat, halfToFloat, toFloat32, viewAs } from "./convert.ts";
import { bytesPerElement, type DType } from "./tensor.ts";

/** IEEE 754 binary16, read from its definition. */
function half(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

test("all 65536 float16 values convert exactly", () => {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const values = halfToFloat(bits);
  const wrong = bits.filter((b) => !Object.is(values[b], half(b)));
  expect([...wrong]).toEqual([]);
});

test("bfloat16 is the upper half of float32", () => {
  expect([...bfloat16ToFloat(Uint16Array.of(0x3f80, 0xc000, 0x8000, 0x7f80, 0x0001))]).toEqual([
    1,
    -2,
    -0,
    Number.POSITIVE_INFINITY,
    2 ** -133,
  ]);
  expect([...bfloat16ToFloat(Uint16Array.of(0x7fc0))]).toEqual([Number.NaN]);
});

describe("toFloat32", () => {
  const bytesOf = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

  test("aligned float32 is not copied, unaligned is", () => {
    const bytes = new Uint8Array(9);
    expect(toFloat32(bytes.subarray(0, 8), "float32", "w").buffer).toBe(bytes.buffer);
    new DataView(bytes.buffer).setFloat32(1, 1.5, true);
    const values = toFloat32(bytes.subarray(1, 5), "float32", "w");
    expect([...values]).toEqual([1.5]);
    expect(values.buffer).not.toBe(bytes.buffer);
  });

  test("float16 and bfloat16 may be unaligned", () => {
    expect([...toFloat32(Uint8Array.of(9, 0x00, 0x3c).subarray(1), "float16", "w")]).toEqual([1]);
    expect([...toFloat32(Uint8Array.of(9, 0x80, 0x3f).subarray(1), "bfloat16", "w")]).toEqual([1]);
  });

  test("float64 converts where it is exact", () => {
    fc.assert(
      fc.property(fc.float32Array(), (values) => {
        expect([...toFloat32(bytesOf(Float64Array.from(values)), "float64", "w")]).toEqual([...values]);
      }),
      { seed: 4 },
    );
    expect(() => toFloat32(bytesOf(Float64Array.of(1, 0.1)), "float64", 'weight "w"')).toThrow(
      'weight "w": element 1 is not exact in float32, got 0.1. Convert the checkpoint to float32 first',
    );
    expect(() => toFloat32(bytesOf(Float64Array.of(1e300)), "float64", "w")).toThrow("element 0 is not exact");
  });

  test.each(["int64", "int32", "int16", "int8", "uint8", "bool"] as const)("%s is refused", (dtype) => {
    expect(() => toFloat32(new Uint8Array(8), dtype, 'weight "w"')).toThrow(
      `weight "w": its dtype cannot be computed with, expected float32, float16, bfloat16 or float64, got ${dtype}.`,
    );
  });
});

test("viewAs has one element per dtype's size, aligned or not", () => {
  const bytes = new Uint8Array(25);
  for (const dtype of Object.keys(bytesPerElement) as DType[]) {
    expect(viewAs(bytes.subarray(0, 24), dtype).length).toBe(24 / bytesPerElement[dtype]);
    expect(viewAs(bytes.subarray(1, 25), dtype).length).toBe(24 / bytesPerElement[dtype]);
  }
});
