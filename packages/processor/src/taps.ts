// Which source pixels make up one output pixel along one axis, and with what weights: the filters of Pillow and its
// fixed-point rounding. Reference: Pillow 12.3, src/libImaging/Resample.c and Geometry.c. Touches no pixels.
import type { Resample } from "@glimpsejs/config";

/** Fractional bits of the weights: products with 8-bit values and their sum stay within 32-bit integers. */
export const weightBits = 22;

/** Weighted sums of a run of output positions. Output `i` sums `counts[i]` inputs from `starts[i]` on. */
export interface Taps {
  readonly starts: Int32Array; // [outputs]
  readonly counts: Int32Array; // [outputs]
  /** Weights of output `i` from `i * stride` on, in units of 2^-22. */
  readonly weights: Int32Array; // [outputs, stride]
  readonly stride: number;
}

interface Filter {
  /** Half the width of the filter, in output pixels where the picture shrinks and in input pixels where it grows. */
  readonly support: number;
  weight(x: number): number;
}

const filters: Readonly<Record<Exclude<Resample, 0>, Filter>> = {
  1: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
  2: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  3: { support: 2, weight: (x) => cubic(Math.abs(x)) },
  4: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  5: { support: 1, weight: (x) => (Math.abs(x) < 1 ? sinc(x) * hammingWindow(x) : 0) },
};

/** The taps of outputs `first` to `first + outputs - 1` of an axis that is scaled from `from` to `to` pixels. */
export function filterTaps(
  from: number,
  to: number,
  filter: Exclude<Resample, 0>,
  first: number,
  outputs: number,
): Taps {
  const { support, weight } = filters[filter];
  const scale = from / to;
  const stretch = Math.max(scale, 1); // shrinking widens the filter, so that every input counts
  const reach = support * stretch;
  const stride = Math.min(Math.ceil(reach) * 2 + 1, from);
  const starts = new Int32Array(outputs);
  const counts = new Int32Array(outputs);
  const weights = new Int32Array(outputs * stride);
  const exact = new Float64Array(stride);
  for (let i = 0; i < outputs; i++) {
    const center = (first + i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - reach + 0.5));
    const count = Math.min(from, Math.trunc(center + reach + 0.5)) - start;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const value = weight((start + k - center + 0.5) * (1 / stretch));
      exact[k] = value;
      sum += value;
    }
    for (let k = 0; k < count; k++) weights[i * stride + k] = fixed((exact[k] ?? 0) / sum);
    starts[i] = start;
    counts[i] = count;
  }
  return { starts, counts, weights, stride };
}

/**
 * The source positions of outputs `first` to `first + outputs - 1` for the nearest filter. The position is summed up
 * step by step because Pillow does so, and the rounding errors of the sum decide ties.
 */
export function nearestPositions(from: number, to: number, first: number, outputs: number): Int32Array {
  const step = from / to;
  const positions = new Int32Array(outputs);
  let at = step * 0.5;
  for (let i = 0; i < first + outputs; i++, at += step) {
    if (i >= first) positions[i - first] = Math.min(Math.trunc(at), from - 1);
  }
  return positions;
}

/** To the nearest unit of 2^-22, halves away from zero. */
function fixed(weight: number): number {
  return Math.trunc(weight * 2 ** weightBits + (weight < 0 ? -0.5 : 0.5));
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Pillow writes the two constants in single precision, which is visible in the result. */
function hammingWindow(x: number): number {
  return Math.fround(0.54) + Math.fround(0.46) * Math.cos(Math.PI * x);
}

/** Keys' cubic with a = -0.5, for x of 0 and more. */
function cubic(x: number): number {
  const a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}
