// Matrices stored as float16: all of them for `dtype: "fp16"`, tables of embeddings where the rest is quantized. Graphs do not change: what they compute in is the backend's affair.
import { GlimpseError } from "@glimpsejs/base";
import { elementCount, floatToHalf, toFloat32, type Weight, type WeightSource } from "@glimpsejs/graph";

/**
 * `source` with every tensor of two or more dimensions (of those in `only`) that has more than 16 bits as float16, rounded to nearest when it
 * is read. Biases and norms stay as they are. Reading throws "invalid-weights" on a value beyond ±65504, which float16
 * has not. Disposing it disposes `source`.
 */
export function halfWeights(source: WeightSource, only?: ReadonlySet<string>): WeightSource {
  return {
    names: source.names,
    get(name) {
      const weight = source.get(name);
      const isWide = weight?.dtype === "float32" || weight?.dtype === "float64";
      return isWide && weight.shape.length > 1 && (only?.has(name) ?? true) ? half(name, weight) : weight;
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
