import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QuantizedFormat } from "./ops/quantized-linear.ts";
import { dequantize, quantize } from "./quantize.ts";

const float = fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.float({ min: -1, max: 1, noNaN: true }));

describe("8 bits, one scale per row", () => {
  const format: QuantizedFormat = { bits: 8, block: 4 };

  test("the largest magnitude of a row becomes 127 or −127, halves go to the even number", () => {
    const { data, scales } = quantize(
      Float32Array.of(...[127, -1.5, 0.5, 2.5], ...[0, 0.25, -0.5, 0], ...[0, 0, 0, -0]),
      format,
      "w",
    );
    expect([...data]).toEqual([...[127, -2, 0, 2], ...[0, 64, -127, 0], ...[0, 0, 0, 0]]);
    expect([...scales]).toEqual([1, Math.fround(0.5 / 127), 0]);
  });

  test("the largest float32 comes back finite: the scale nearest to a 127th of it would be too large", () => {
    const row = { bits: 8, block: 2 } as const;
    const [value] = dequantize(quantize(Float32Array.of(-3.4028234663852886e38, 0), row, "w"), row);
    expect(value).toBeCloseTo(-3.4028234663852886e38, -33);
  });

  test("every value comes back within half a step, and q is in [−127, 127]", () => {
    fc.assert(
      fc.property(fc.array(float, { minLength: 1, maxLength: 40 }), (numbers) => {
        const values = Float32Array.from(numbers);
        const row: QuantizedFormat = { bits: 8, block: values.length };
        const quantized = quantize(values, row, "w");
        const step = quantized.scales[0] ?? 0;
        for (const [i, value] of dequantize(quantized, row).entries()) {
          expect(Math.abs(quantized.data[i] ?? 0)).toBeLessThanOrEqual(127);
          expect(Math.abs(value - (values[i] ?? 0))).toBeLessThanOrEqual(step * 0.500001 + 2 ** -149 * 127);
        }
      }),
    );
  });

  test("what was dequantized quantizes to the same", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -127, max: 127 }), { minLength: 1 }),
        fc.float({ min: 2 ** -20, max: 8, noNaN: true }),
        (q, scale) => {
          const row: QuantizedFormat = { bits: 8, block: q.length + 1 };
          const data = Int8Array.of(...q, 127);
          const again = quantize(dequantize({ data, scales: Float32Array.of(scale) }, row), row, "w");
          expect([...again.data]).toEqual([...data]);
        },
      ),
    );
  });
});

describe("4 bits, two in a byte, a scale per block", () => {
  const format: QuantizedFormat = { bits: 4, block: 16 };
  const ramp = (sign: number) => Float32Array.from({ length: 16 }, (_, i) => sign * (i - 8));

  test("the low half of a byte comes first, q = half − 8; the number of largest magnitude becomes −8", () => {
    const { data, scales } = quantize(Float32Array.of(...ramp(1), ...ramp(-1), ...new Float32Array(16)), format, "w");
    const halves = [0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe];
    expect([...data]).toEqual([...halves, ...halves, ...new Array(8).fill(0x88)]);
    expect([...scales]).toEqual([1, -1, -0]);
  });

  test("every value comes back within half a step, or one step at the end that −8 leaves no room for", () => {
    fc.assert(
      fc.property(fc.array(float, { minLength: 32, maxLength: 32 }), (numbers) => {
        const values = Float32Array.from(numbers);
        const quantized = quantize(values, format, "w");
        for (const [i, value] of dequantize(quantized, format).entries()) {
          const scale = quantized.scales[i >> 4] ?? 0;
          const exact = (values[i] ?? 0) / (scale || 1);
          const steps = exact > 7 ? 1.000001 : 0.500001;
          expect(Math.abs(value - (values[i] ?? 0))).toBeLessThanOrEqual(steps * Math.abs(scale) + 2 ** -149 * 8);
        }
      }),
    );
  });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  "%s is refused by name and place",
  (bad) => {
    const values = new Float32Array(64).fill(1);
    values[37] = bad;
    for (const format of [{ bits: 8, block: 32 } as const, { bits: 4, block: 32 } as const]) {
      expect(() => quantize(values, format, 'weight "w"')).toThrow(
        `weight "w": element 37 cannot be quantized, expected a finite number, got ${bad}.`,
      );
    }
  },
);
