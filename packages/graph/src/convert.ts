// Conversions between stored dtypes and those that graphs compute in, exact or refused. Bits are never reinterpreted.
// Typed arrays are read as little-endian, as on every platform that runs JavaScript today.
import { GlimpseError, show } from "@glimpsejs/base";
import { bytesPerElement, type DataOf, type DType } from "./tensor.ts";

/** float16, given as its bits, to float32. Exact; NaN stays NaN. */
export function halfToFloat(bits: Uint16Array): Float32Array {
  const table = halfTable();
  const out = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i] ?? 0] ?? 0;
  return new Float32Array(out.buffer);
}

/** bfloat16, given as its bits, to float32. Exact: bfloat16 is the upper half of float32. */
export function bfloat16ToFloat(bits: Uint16Array): Float32Array {
  const out = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = (bits[i] ?? 0) << 16;
  return new Float32Array(out.buffer);
}

/** Views little-endian bytes as the typed array of `dtype`; copies only where they are not aligned in memory. */
export function viewAs<D extends DType>(bytes: Uint8Array, dtype: D): DataOf[D] {
  const aligned = bytes.byteOffset % bytesPerElement[dtype] === 0 ? bytes : bytes.slice();
  return views[dtype](aligned.buffer, aligned.byteOffset, aligned.byteLength / bytesPerElement[dtype]);
}

/**
 * Little-endian bytes of `dtype` as float32 values. float16 and bfloat16 always convert exactly; float64 and integers
 * where every value is exact in float32, else it throws "invalid-weights". bool is not a number and is refused.
 * `subject` names the tensor in errors. float32 is not copied if it is aligned.
 */
export function toFloat32(bytes: Uint8Array, dtype: DType, subject: string): Float32Array {
  switch (dtype) {
    case "float32":
      return viewAs(bytes, dtype);
    case "float16":
      return halfToFloat(viewAs(bytes, dtype));
    case "bfloat16":
      return bfloat16ToFloat(viewAs(bytes, dtype));
    case "bool":
      return refuse(subject, dtype, "float32");
    default: {
      const values = viewAs(bytes, dtype);
      return exactly(values, new Float32Array(values.length), subject, "float32");
    }
  }
}

/** As {@link toFloat32}, to int32: from integers only. */
export function toInt32(bytes: Uint8Array, dtype: DType, subject: string): Int32Array {
  switch (dtype) {
    case "int32":
      return viewAs(bytes, dtype);
    case "int64":
    case "int16":
    case "int8":
    case "uint8": {
      const values = viewAs(bytes, dtype);
      return exactly(values, new Int32Array(values.length), subject, "int32");
    }
    default:
      return refuse(subject, dtype, "int32");
  }
}

const views: { readonly [D in DType]: (buffer: ArrayBufferLike, offset: number, length: number) => DataOf[D] } = {
  float64: (...range) => new Float64Array(...range),
  float32: (...range) => new Float32Array(...range),
  float16: (...range) => new Uint16Array(...range),
  bfloat16: (...range) => new Uint16Array(...range),
  int64: (...range) => new BigInt64Array(...range),
  int32: (...range) => new Int32Array(...range),
  int16: (...range) => new Int16Array(...range),
  int8: (...range) => new Int8Array(...range),
  uint8: (...range) => new Uint8Array(...range),
  bool: (...range) => new Uint8Array(...range),
};

/** Copies `values` into `out`, refusing the first one that `out` cannot hold exactly. */
function exactly<T extends Float32Array | Int32Array>(
  values: ArrayLike<number | bigint>,
  out: T,
  subject: string,
  to: DType,
): T {
  for (let i = 0; i < out.length; i++) {
    const value = values[i] ?? 0;
    out[i] = Number(value);
    // == compares a bigint with a number exactly.
    // biome-ignore lint/suspicious/noDoubleEquals: see above.
    if (out[i] != value && !Number.isNaN(value)) {
      throw new GlimpseError(
        {
          subject,
          problem: `element ${i} is not exact in ${to}`,
          got: show(value),
          advice: `Convert the checkpoint to ${to} first, so that the rounding is yours.`,
        },
        { code: "invalid-weights" },
      );
    }
  }
  return out;
}

function refuse(subject: string, from: DType, to: DType): never {
  throw new GlimpseError(
    { subject, problem: "its dtype cannot be converted", expected: `${to} or what converts to it exactly`, got: from },
    { code: "invalid-weights" },
  );
}

let table: Uint32Array | undefined;

/** The float32 bits of all 65536 float16 values; made on first use. */
function halfTable(): Uint32Array {
  table ??= Uint32Array.from({ length: 65536 }, (_, half) => halfBitsToFloat(half));
  return table;
}

function halfBitsToFloat(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21; // moves the leading one of a subnormal to bit 10
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 1023) << 13);
}
