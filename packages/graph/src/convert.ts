// From the bytes in which weights are stored to the float32 in which graphs compute: exact, or refused.
// Typed arrays are read as little-endian, as on every platform that runs JavaScript today.
import { GlimpseError, show } from "@glimpsejs/base";
import { bytesPerElement, type DataOf, type DType } from "./tensor.ts";

/** Views little-endian bytes as the typed array of `dtype`; copies only where they are not aligned in memory. */
export function viewAs<D extends DType>(bytes: Uint8Array, dtype: D): DataOf[D] {
  const size = bytesPerElement[dtype];
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return views[dtype](buffer, byteOffset, Math.floor(bytes.byteLength / size));
}

/**
 * Little-endian bytes of a float dtype as float32 values. float16 and bfloat16 always convert exactly; of float64 only
 * values that float32 can hold. Anything else throws "invalid-weights". `subject` names the tensor in errors.
 * float32 that is aligned in memory is not copied.
 */
export function toFloat32(bytes: Uint8Array, dtype: DType, subject: string): Float32Array {
  switch (dtype) {
    case "float32":
      return viewAs(bytes, dtype);
    case "float16":
      return halfToFloat(viewAs(bytes, dtype));
    case "bfloat16":
      return bfloat16ToFloat(viewAs(bytes, dtype));
    case "float64":
      return doubleToFloat(viewAs(bytes, dtype), subject);
    default:
      throw new GlimpseError(
        {
          subject,
          problem: "its dtype cannot be computed with",
          expected: "float32, float16, bfloat16 or float64",
          got: dtype,
        },
        { code: "invalid-weights" },
      );
  }
}

/** float16, given as its bits, to float32. NaN stays NaN. */
export function halfToFloat(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  const valueBits = new Uint32Array(values.buffer);
  for (const [i, half] of bits.entries()) {
    const magnitude = (half & 0x7fff) << 13; // exponent and fraction where float32 has them
    if (magnitude >= 0x0f800000) {
      valueBits[i] = magnitude | 0x7f800000; // infinity and NaN
    } else {
      valueBits[i] = magnitude;
      values[i] = (values[i] ?? 0) * 2 ** 112; // the difference of the exponents' biases; exact for subnormals too
    }
    valueBits[i] = (valueBits[i] ?? 0) | ((half & 0x8000) << 16);
  }
  return values;
}

/** bfloat16, given as its bits, to float32, of which it is the upper half. */
export function bfloat16ToFloat(bits: Uint16Array): Float32Array {
  const valueBits = Uint32Array.from(bits, (half) => half << 16);
  return new Float32Array(valueBits.buffer);
}

function doubleToFloat(doubles: Float64Array, subject: string): Float32Array {
  const values = Float32Array.from(doubles);
  const inexact = doubles.findIndex((double, i) => !Object.is(double, values[i]));
  if (inexact === -1) return values;
  throw new GlimpseError(
    {
      subject,
      problem: `element ${inexact} is not exact in float32`,
      got: show(doubles[inexact]),
      advice: "Convert the checkpoint to float32 first, so that the rounding is yours.",
    },
    { code: "invalid-weights" },
  );
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
