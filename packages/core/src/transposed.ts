// 8-bit matrices in a file as the kernels of a CPU read them, by columns: [K, N] instead of the stored [N, K]. Made once,
// when weights are prepared, a backend can map them; transposed at every load, they would be in memory twice.
import { transpose, viewAs, type Weight, type WeightSource } from "@glimpsejs/graph";

const suffix = " transposed";

/** `source` with each int8 matrix as its transpose, of another name. */
export function withTransposes(source: WeightSource): WeightSource {
  const renamed = (name: string) => (isMatrix(source.get(name)) ? `${name}${suffix}` : name);
  return {
    names: source.names.map(renamed),
    get(name) {
      const weight = name.endsWith(suffix) ? source.get(name.slice(0, -suffix.length)) : undefined;
      return weight === undefined ? source.get(name) : (weight.transposed ?? turned(weight));
    },
    dispose: async () => source.dispose?.(),
  };
}

/** What {@link withTransposes} was made of; each of its matrices knows its transpose. */
export function fromTransposes(source: WeightSource): WeightSource {
  const plain = (name: string) => (name.endsWith(suffix) ? name.slice(0, -suffix.length) : name);
  return {
    names: source.names.map(plain),
    get(name) {
      const transposed = source.get(`${name}${suffix}`);
      return transposed === undefined ? source.get(name) : { ...turned(transposed), transposed };
    },
    dispose: async () => source.dispose?.(),
  };
}

function isMatrix(weight: Weight | undefined): boolean {
  return weight?.dtype === "int8" && weight.shape.length === 2;
}

/** A weight [A, B] as [B, A]. */
function turned(weight: Weight): Weight {
  const [rows = 0, columns = 0] = weight.shape;
  return {
    dtype: weight.dtype,
    shape: [columns, rows],
    byteLength: weight.byteLength,
    async bytes(signal) {
      const { buffer } = transpose(viewAs(await weight.bytes(signal), "int8"), rows, columns);
      return new Uint8Array(buffer);
    },
  };
}
