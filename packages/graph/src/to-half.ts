// float32 to float16, for weights that are kept so. The way back, which reading checkpoints needs, is in convert.ts.

/** float32 to the bits of float16, rounded to nearest even. Beyond 65504 (once rounded) it gives infinity. */
export function floatToHalf(values: Float32Array): Uint16Array {
  const input = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(input.length);
  for (let i = 0; i < input.length; i++) out[i] = floatBitsToHalf(input[i] ?? 0);
  return out;
}

function floatBitsToHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 65536 and above, infinity
  // Below 2^-14 the result is subnormal: its unit is 2^-24 instead of the 10th bit after the leading one.
  const subnormal = magnitude < 0x38800000;
  const shift = subnormal ? 126 - (magnitude >>> 23) : 13;
  if (shift > 24) return sign; // below half of the smallest subnormal
  const value = subnormal ? (magnitude & 0x7fffff) | 0x800000 : magnitude - (112 << 23);
  const kept = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  // A carry out of the fraction moves into the exponent, which is what rounding up means there.
  return sign | (rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept);
}
