// The stored formats of quantized weights (see the op quantizedLinear): float32 rows to small whole numbers with
// scales, and back. Symmetric, round to nearest. Which weights are quantized is not decided here.
import { GlimpseError } from "@glimpsejs/base";
import type { QuantizedFormat } from "./ops/quantized-linear.ts";

/** A quantized weight [N, K]: the bytes of q as the op quantizedLinear takes them, and scales [N, K/block]. */
export interface QuantizedWeight {
  /** int8 [N, K], or with 4 bits uint8 [N, K/2]. */
  readonly data: Int8Array | Uint8Array;
  /** float32 [N, K/block]. */
  readonly scales: Float32Array;
}

/**
 * Quantizes values that fill a whole number of blocks (of rows, with 8 bits). 8 bits: scale = max |w| / 127 of the row. 4
 * bits: the value of largest magnitude of a block becomes −8, so that all sixteen numbers are used. A block of zeros
 * has scale 0. Throws "invalid-weights", naming `subject`, on values that are not finite; the first of `values` is the
 * element `first` of it.
 */
export function quantize(
  values: Float32Array,
  { bits, block }: QuantizedFormat,
  subject: string,
  first = 0,
): QuantizedWeight {
  const refuse = (start: number): never => {
    const at = values.findIndex((value, i) => i >= start && !Number.isFinite(value));
    throw new GlimpseError(
      {
        subject,
        problem: `element ${first + at} cannot be quantized`,
        expected: "a finite number",
        got: `${values[at]}`,
        advice: "The checkpoint is damaged.",
      },
      { code: "invalid-weights" },
    );
  };
  return bits === 8 ? quantizeRows(values, block, refuse) : quantizeBlocks(values, block, refuse);
}

/** The values scale · q of a quantized weight, as float32 [N, K]. */
export function dequantize({ data, scales }: QuantizedWeight, { bits, block }: QuantizedFormat): Float32Array {
  const values = new Float32Array(bits === 8 ? data.length : 2 * data.length);
  for (let b = 0; b * block < values.length; b++) {
    const scale = scales[b] ?? 0;
    const end = (b + 1) * block;
    if (bits === 8) for (let i = b * block; i < end; i++) values[i] = scale * (data[i] ?? 0);
    else {
      for (let i = b * block; i < end; i += 2) {
        const pair = data[i >> 1] ?? 0;
        values[i] = scale * ((pair & 15) - 8);
        values[i + 1] = scale * ((pair >> 4) - 8);
      }
    }
  }
  return values;
}

function quantizeRows(values: Float32Array, k: number, refuse: (start: number) => never): QuantizedWeight {
  const rows = k === 0 ? 0 : values.length / k;
  const data = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const [start, end] = [row * k, (row + 1) * k];
    let largest = 0;
    let sum = 0; // NaN and infinities stay in a sum, not in a maximum
    for (let i = start; i < end; i++) {
      const magnitude = Math.abs(values[i] ?? 0);
      sum += magnitude;
      if (magnitude > largest) largest = magnitude;
    }
    if (!Number.isFinite(sum)) refuse(start);
    const scale = Math.min(Math.fround(largest / 127), largestScale);
    scales[row] = scale;
    if (scale === 0) continue;
    const inverse = 1 / scale;
    // Adding and taking away 1.5·2^52 rounds a double to the nearest whole number, ties to even.
    for (let i = start; i < end; i++) data[i] = (values[i] ?? 0) * inverse + rounding - rounding;
  }
  return { data, scales };
}

function quantizeBlocks(values: Float32Array, block: number, refuse: (start: number) => never): QuantizedWeight {
  const data = new Uint8Array(values.length / 2);
  const scales = new Float32Array(values.length / block);
  for (let b = 0; b < scales.length; b++) {
    const [start, end] = [b * block, (b + 1) * block];
    let [lowest, highest, sum] = [0, 0, 0];
    for (let i = start; i < end; i++) {
      const value = values[i] ?? 0;
      sum += Math.abs(value);
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    }
    if (!Number.isFinite(sum)) refuse(start);
    const scale = Math.fround((-lowest > highest ? lowest : highest) / -8);
    scales[b] = scale;
    const inverse = scale === 0 ? 0 : 1 / scale;
    for (let i = start; i < end; i += 2) {
      const low = Math.min(7, (values[i] ?? 0) * inverse + rounding - rounding) + 8;
      const high = Math.min(7, (values[i + 1] ?? 0) * inverse + rounding - rounding) + 8;
      data[i >> 1] = low | (high << 4);
    }
  }
  return { data, scales };
}

const rounding = 1.5 * 2 ** 52;

/** The largest float32 whose 127-fold is finite in float32; the one nearest to 3.4028235e38 / 127 is the next above it. */
const largestScale = 2.6793883890187504e36;
