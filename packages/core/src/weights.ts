// Sources of weights made from other sources: with some weights replaced, or with dtypes that a backend cannot take
// converted as they are read. Nothing is read before somebody asks.
import type { Backend } from "@glimpsejs/backend";
import { GlimpseError } from "@glimpsejs/base";
import { elementCount, float32, type HostTensor, toFloat32, type Weight, type WeightSource } from "@glimpsejs/graph";

/** Reads one weight as float32. Throws "invalid-weights" when there is none. */
export async function readFloat32(
  source: WeightSource,
  name: string,
  signal?: AbortSignal,
): Promise<HostTensor<"float32">> {
  const weight = source.get(name);
  if (weight === undefined) {
    throw new GlimpseError({ subject: `weight "${name}"`, problem: "it is missing" }, { code: "invalid-weights" });
  }
  return float32(toFloat32(await weight.bytes(signal), weight.dtype, `weight "${name}"`), weight.shape);
}

/** A weight that is in memory. */
export function inMemory(tensor: HostTensor<"float32">): Weight {
  const bytes = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  return { dtype: "float32", shape: tensor.shape, byteLength: bytes.byteLength, bytes: async () => bytes };
}

/** `source` with some weights replaced, added, or (undefined) removed. Disposing it disposes `source`. */
export function withReplaced(source: WeightSource, replaced: ReadonlyMap<string, Weight | undefined>): WeightSource {
  const names = new Set(source.names);
  for (const [name, weight] of replaced) {
    if (weight === undefined) names.delete(name);
    else names.add(name);
  }
  return {
    names: [...names],
    get: (name) => (replaced.has(name) ? replaced.get(name) : source.get(name)),
    dispose: async () => source.dispose?.(),
  };
}

/** `source` in dtypes that `backend` takes: any other is converted to float32, exactly, when it is read. */
export function forBackend(source: WeightSource, backend: Backend): WeightSource {
  return {
    names: source.names,
    get(name) {
      const weight = source.get(name);
      if (weight === undefined || backend.dtypes.has(weight.dtype)) return weight;
      const elements = weight.shape.reduce((product, n) => product * n, 1);
      return {
        dtype: "float32",
        shape: weight.shape,
        byteLength: elements * 4,
        async bytes(signal) {
          const floats = toFloat32(await weight.bytes(signal), weight.dtype, `weight "${name}"`);
          return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
        },
      };
    },
    dispose: async () => source.dispose?.(),
  };
}

/**
 * `source` that tells how many of its bytes have been read, and `done` to tell that it is loaded: a backend that maps
 * the file reads nothing here.
 */
export function withProgress(
  source: WeightSource,
  report: (loaded: number, total: number) => void,
): { readonly weights: WeightSource; readonly done: () => void } {
  const total = source.names.reduce((sum, name) => sum + (source.get(name)?.byteLength ?? 0), 0);
  let loaded = 0;
  let loading = true;
  const weights: WeightSource = {
    ...source,
    get(name) {
      const weight = source.get(name);
      if (weight === undefined) return undefined;
      return {
        ...weight,
        async bytes(signal) {
          const bytes = await weight.bytes(signal);
          loaded += weight.byteLength;
          if (loading) report(Math.min(total, loaded), total);
          return bytes;
        },
      };
    },
  };
  report(0, total);
  const done = () => {
    loading = false;
    report(total, total);
  };
  return { weights, done };
}

/** Bytes that the weights of `source` take in memory: floats as float32, quantized ones as they are. */
export function residentBytes(source: WeightSource): number {
  return source.names.reduce((sum, name) => {
    const weight = source.get(name);
    if (weight === undefined) return sum;
    const isNarrow = weight.dtype === "int8" || weight.dtype === "uint8";
    return sum + (isNarrow ? weight.byteLength : 4 * elementCount(weight.shape));
  }, 0);
}
