// Matrices stored as float16, for `dtype: "fp16"`. Graphs do not change: what they compute in is the backend's affair.
import { GlimpseError } from "@glimpsejs/base";
import { elementCount, floatToHalf, toFloat32, type Weight, type WeightSource } from "@glimpsejs/graph";

/**
 * `source` with every tensor of two or more dimensions that is not float16 yet as float16, rounded to nearest when it
 * is read. Biases and norms stay as they are. Reading throws "invalid-weights" on a value beyond ±65504, which float16
 * has not. Disposing it disposes `source`.
 */
export function halfWeights(source: WeightSource): WeightSource {
  return {
    names: source.names,
    get(name) {
      const weight = source.get(name);
      const isMatrix = weight !== undefined && weight.shape.length > 1;
      return isMatrix && weight.dtype !== "float16" ? half(name, weight) : weight;
    },
    dispose: async () => source.dispose?.(),
  };
}

function half(name: string, weight: Weight): Weight {
  const subject = `weight "${name}"`;
  return {
    dtype: "float16",
    shape: weight.shape,
    byteLength: 2 * elementCount(weight.shape),
    async bytes(signal) {
      const values = toFloat32(await weight.bytes(signal), weight.dtype, subject);
      const halves = floatToHalf(values);
      const at = halves.findIndex((bits, i) => (bits & 0x7fff) === 0x7c00 && Number.isFinite(values[i]));
      if (at >= 0) {
        throw new GlimpseError(
          {
            subject,
            problem: `element ${at} is too large for float16`,
            expected: "at most 65504",
            got: String(values[at]),
            advice: 'Load it with dtype "fp32" or "int8".',
          },
          { code: "invalid-weights" },
        );
      }
      return new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength);
    },
  };
}
