// Weights as tensors in memory, and tensors in memory as weights. Reads whole tensors, one at a time.
import { GlimpseError, type Problem } from "@glimpsejs/base";
import {
  type DType,
  elementCount,
  type HostTensor,
  toFloat32,
  toInt32,
  viewAs,
  type Weight,
  type WeightSource,
} from "@glimpsejs/graph";

/** Options of {@link readTensor}. */
export interface ReadOptions {
  /** What errors call the tensor. Default "weight". */
  readonly name?: string;
  /** Stops reading; rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a weight into memory: as it is stored, or converted to float32 or int32 where that is exact.
 * The data may be a view of memory that others read too; do not write to it.
 * Throws "invalid-weights" if a value would change (see {@link toFloat32}), and what `weight.bytes` throws.
 */
export function readTensor(weight: Weight, as: "float32", options?: ReadOptions): Promise<HostTensor<"float32">>;
export function readTensor(weight: Weight, as: "int32", options?: ReadOptions): Promise<HostTensor<"int32">>;
export function readTensor(weight: Weight, as?: undefined, options?: ReadOptions): Promise<HostTensor>;
export async function readTensor(
  weight: Weight,
  as?: "float32" | "int32",
  options: ReadOptions = {},
): Promise<HostTensor> {
  const { dtype, shape } = weight;
  const { name = "weight", signal } = options;
  const bytes = await weight.bytes(signal);
  switch (as) {
    case "float32":
      return { dtype: as, shape, data: toFloat32(bytes, dtype, name) };
    case "int32":
      return { dtype: as, shape, data: toInt32(bytes, dtype, name) };
    default:
      return hostTensor(dtype, shape, bytes);
  }
}

/**
 * Tensors in memory as a source of weights. The data is not copied.
 * Throws "invalid-argument" listing every tensor whose data does not fill its shape.
 */
export function sourceFromTensors(tensors: Readonly<Record<string, HostTensor>>): WeightSource {
  const weights = new Map<string, Weight>();
  const problems: Problem[] = [];
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    const expected = elementCount(shape);
    if (data.length !== expected) {
      const got = `${data.length} elements`;
      problems.push({
        subject: `tensor "${name}"`,
        problem: "its data does not fill its shape",
        expected: String(expected),
        got,
      });
    }
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    weights.set(name, { dtype, shape, byteLength: bytes.byteLength, bytes: async () => bytes });
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
  return { names: [...weights.keys()], get: (name) => weights.get(name) };
}

/**
 * Reads every floating-point weight once and throws "non-finite", listing each that holds NaN or infinity.
 * Loading does not do this by itself: it costs a pass over the whole checkpoint.
 */
export async function checkFinite(source: WeightSource, signal?: AbortSignal): Promise<void> {
  const problems: Problem[] = [];
  for (const name of source.names) {
    const weight = source.get(name);
    if (weight === undefined || !isFloat(weight.dtype)) continue;
    const tensor = await readTensor(weight, undefined, { name, signal });
    const at = firstNonFinite(tensor);
    if (at !== -1) {
      problems.push({ subject: `weight "${name}"`, problem: `element ${at} is not a finite number` });
    }
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "non-finite" });
}

function isFloat(dtype: DType): boolean {
  return dtype.includes("float");
}

function firstNonFinite(tensor: HostTensor): number {
  switch (tensor.dtype) {
    // An exponent of all ones, whatever the fraction, is infinity or NaN.
    case "float16":
      return tensor.data.findIndex((bits) => (bits & 0x7c00) === 0x7c00);
    case "bfloat16":
      return tensor.data.findIndex((bits) => (bits & 0x7f80) === 0x7f80);
    case "float32":
    case "float64":
      return tensor.data.findIndex((value) => !Number.isFinite(value));
    default:
      return -1;
  }
}

function hostTensor(dtype: DType, shape: readonly number[], bytes: Uint8Array): HostTensor {
  // The pairing of dtype and data is what viewAs promises; the union of all pairs is more than TypeScript follows.
  return { dtype, shape, data: viewAs(bytes, dtype) } as HostTensor;
}
