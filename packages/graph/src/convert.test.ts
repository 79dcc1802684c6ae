import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bfloat16ToFloat, halfToFloat, toFloat32, toInt32, viewAs } from "./convert.ts";
import { bytesPerElement, type DType } from "./tensor.ts";
import { floatToHalf } from "./to-half.ts";

const bytesOf = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const allHalves = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

/** The value of a float16 by the definition of IEEE 754. */
function halfValue(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const sign = bits >> 15 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

describe("float16", () => {
  test("all 65536 values convert to float32 as IEEE 754 defines them", () => {
    const floats = halfToFloat(allHalves);
    const wrong = allHalves.filter((bits) => !Object.is(floats[bits], halfValue(bits)));
    expect([...wrong]).toEqual([]);
  });

  test("all 65536 values come back from float32, NaN as a NaN", () => {
    const back = floatToHalf(halfToFloat(allHalves));
    const wrong = allHalves.filter((bits) => {
      const [value, half] = [halfValue(bits), back[bits] ?? 0];
      return Number.isNaN(value) ? !Number.isNaN(halfValue(half)) : half !== bits;
    });
    expect([...wrong]).toEqual([]);
  });

  test("float32 rounds to nearest, ties to even, beyond 65520 to infinity", () => {
    const round = (value: number) => halfValue(floatToHalf(Float32Array.of(value))[0] ?? 0);
    expect(round(1 + 2 ** -11)).toBe(1);
    expect(round(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9);
    expect(round(1 + 2 ** -11 + 2 ** -20)).toBe(1 + 2 ** -10);
    expect(round(2 ** -25)).toBe(0);
    expect(round(3 * 2 ** -25)).toBe(2 ** -23);
    expect(round(2 ** -25 + 2 ** -40)).toBe(2 ** -24);
    expect(round(-(2 ** -149))).toBe(-0);
    expect(round(65519)).toBe(65504);
    expect(round(65520)).toBe(Number.POSITIVE_INFINITY);
    expect(round(-1e30)).toBe(Number.NEGATIVE_INFINITY);
    expect(round(Number.NaN)).toBeNaN();
  });

  test("no other float16 is nearer than the one that float32 rounds to", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, max: 65504, min: -65504 }), (value) => {
        const bits = floatToHalf(Float32Array.of(value))[0] ?? 0;
        const distance = Math.abs(halfValue(bits) - value);
        for (const other of [bits - 1, bits + 1].filter((b) => (b & 0x7fff) < 0x7c00)) {
          const otherDistance = Math.abs(halfValue(other) - value);
          expect(distance).toBeLessThanOrEqual(otherDistance);
          if (distance === otherDistance) expect(bits & 1).toBe(0);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

test("bfloat16 is the upper half of float32", () => {
  expect([...bfloat16ToFloat(Uint16Array.of(0x3f80, 0xc000, 0x8000, 0x7f80, 0x0001))]).toEqual([
    1,
    -2,
    -0,
    Number.POSITIVE_INFINITY,
    2 ** -133,
  ]);
  expect(bfloat16ToFloat(Uint16Array.of(0x7fc0))[0]).toBeNaN();
});

describe("A9: other dtypes where float32 or int32 is expected", () => {
  test("float64 and integers convert where every value is exact", () => {
    const float64 = Float64Array.of(0.5, -0, Number.NaN, Number.NEGATIVE_INFINITY, 2 ** -149);
    expect([...toFloat32(bytesOf(float64), "float64", "w")]).toEqual([...float64]);
    expect([...toFloat32(bytesOf(BigInt64Array.of(-(2n ** 24n), 2n ** 60n)), "int64", "w")]).toEqual([
      -(2 ** 24),
      2 ** 60,
    ]);
    expect([...toFloat32(bytesOf(Int32Array.of(-1, 2 ** 24)), "int32", "w")]).toEqual([-1, 2 ** 24]);
    expect([...toFloat32(bytesOf(Int16Array.of(-32768)), "int16", "w")]).toEqual([-32768]);
    expect([...toFloat32(Uint8Array.of(255, 0), "int8", "w")]).toEqual([-1, 0]);
    expect([...toFloat32(Uint8Array.of(255, 0), "uint8", "w")]).toEqual([255, 0]);
    expect([...toInt32(bytesOf(BigInt64Array.of(-(2n ** 31n), 5n)), "int64", "w")]).toEqual([-(2 ** 31), 5]);
    expect([...toInt32(bytesOf(Int32Array.of(-7)), "int32", "w")]).toEqual([-7]);
  });

  test("values that would change are refused by name, place and value", () => {
    const refused = (convert: () => unknown, message: RegExp) => expect(convert).toThrow(message);
    refused(
      () => toFloat32(bytesOf(Float64Array.of(1, 0.1)), "float64", "w"),
      /^w: element 1 is not exact in float32, got 0\.1\./,
    );
    refused(() => toFloat32(bytesOf(Float64Array.of(1e300)), "float64", "w"), /got 1e\+300/);
    refused(() => toFloat32(bytesOf(BigInt64Array.of(2n ** 53n + 1n)), "int64", "w"), /got 9007199254740993n/);
    refused(() => toFloat32(bytesOf(Int32Array.of(2 ** 24 + 1)), "int32", "w"), /got 16777217/);
    refused(() => toInt32(bytesOf(BigInt64Array.of(2n ** 31n)), "int64", "w"), /w: element 0 is not exact in int32/);
  });

  test("dtypes without an exact conversion are refused by name", () => {
    expect(() => toFloat32(Uint8Array.of(1), "bool", "w")).toThrow(
      "w: its dtype cannot be converted, expected float32",
    );
    for (const dtype of ["float32", "float16", "bfloat16", "float64", "bool"] as const) {
      expect(() => toInt32(new Uint8Array(8), dtype, "w")).toThrow(`got ${dtype}`);
    }
  });
});

test("viewAs has one element per dtype's size, aligned or not; aligned bytes are not copied", () => {
  const bytes = new Uint8Array(25);
  for (const dtype of Object.keys(bytesPerElement) as DType[]) {
    expect(viewAs(bytes.subarray(0, 24), dtype).length).toBe(24 / bytesPerElement[dtype]);
    expect(viewAs(bytes.subarray(0, 24), dtype).buffer).toBe(bytes.buffer);
    expect(viewAs(bytes.subarray(1, 25), dtype).length).toBe(24 / bytesPerElement[dtype]);
  }
});
