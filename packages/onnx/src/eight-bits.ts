// 4-bit weights as 8-bit ones, for graphs of many rows on a CPU: there a product of rounded rows takes half the time of
// MatMulNBits, whose time only few rows repay. A pass over graphs, and a source for the weights that it names.
import {
  dequantize,
  type Graph,
  type Node,
  type QuantizedFormat,
  quantize,
  type TensorType,
  transpose,
  transposeInto,
  type ValueName,
  viewAs,
  type Weight,
  type WeightSource,
} from "@glimpsejs/graph";

/** `graph` with its 4-bit weights as 8-bit ones, of names that {@link eightBitWeights} knows. */
export function withEightBits(graph: Graph): Graph {
  const weights: Record<ValueName, TensorType> = { ...graph.weights };
  const nodes = graph.nodes.map((node): Node => {
    if (node.op !== "quantizedLinear" || node.attributes.bits === 8) return node;
    const { weight, scales } = node.inputs;
    const [n = 0, bytes = 0] = (graph.weights[weight]?.shape ?? []).map(Number);
    const block = 2 * bytes;
    const names = { weight: `${weight}${suffix}`, scales: `${scales}${suffix}` };
    weights[names.weight] = { dtype: "int8", shape: [n, block] };
    weights[names.scales] = { dtype: "float32", shape: [n, 1] };
    return { ...node, inputs: { ...node.inputs, ...names }, attributes: { bits: 8, block } };
  });
  return { ...graph, nodes, weights, types: { ...graph.types, ...weights } };
}

const suffix = " of 8 bits";

/**
 * `source` with the weights of {@link withEightBits}: those that `source`'s 4-bit ones have at hand, else each is made when
 * it is read, its scales with it.
 */
export function eightBitWeights(source: WeightSource): WeightSource {
  const made = new Map<string, Widened>();
  return {
    ...source,
    get(name) {
      if (!name.endsWith(suffix)) return source.get(name);
      // Names are those of the pass: "X.int4" beside "X.scales".
      const [, base = "", part] = /^(.*)\.(int4|scales) of 8 bits$/s.exec(name) ?? [];
      const [weight, scales] = [source.get(`${base}.int4`), source.get(`${base}.scales`)];
      if (weight === undefined || scales === undefined) return undefined;
      const pair = weight.eightBits ?? made.get(base) ?? widened(weight, scales, `weight "${base}"`);
      made.set(base, pair);
      return part === "int4" ? pair.weight : pair.scales;
    },
  };
}

interface Widened {
  readonly weight: Weight;
  readonly scales: Weight;
}

/** Floats that exist at once while a weight is made. */
const chunk = 1 << 18;

/** The two halves of an 8-bit weight. Whichever is read first leaves the scales for the other. */
function widened(weight: Weight, scales: Weight, subject: string): Widened {
  const [n = 0, bytes = 0] = weight.shape;
  const [k, blocks] = [2 * bytes, scales.shape[1] ?? 1];
  const format: QuantizedFormat = { bits: 4, block: k / blocks };
  let madeScales: Float32Array | undefined;
  const make = async (signal?: AbortSignal) => {
    const stored = viewAs(await weight.bytes(signal), "uint8");
    const storedScales = viewAs(await scales.bytes(signal), "float32");
    const [columns, rowScales] = [new Int8Array(n * k), new Float32Array(n)];
    const rows = Math.max(1, Math.floor(chunk / k));
    for (let row = 0; row < n; row += rows) {
      const part = {
        data: stored.subarray(row * bytes, (row + rows) * bytes),
        scales: storedScales.subarray(row * blocks, (row + rows) * blocks),
      };
      const wide = quantize(dequantize(part, format), { bits: 8, block: k }, subject);
      transposeInto(columns, n, viewAs(bytesOf(wide.data), "int8"), k, row);
      rowScales.set(wide.scales, row);
    }
    madeScales = rowScales;
    return { columns, scales: rowScales };
  };
  const [dtype, byteLength] = ["int8", n * k] as const;
  return {
    weight: {
      dtype,
      shape: [n, k],
      byteLength,
      bytes: async (signal) => bytesOf(transpose((await make(signal)).columns, k, n)),
      transposed: { dtype, shape: [k, n], byteLength, bytes: async (signal) => bytesOf((await make(signal)).columns) },
    },
    scales: {
      dtype: "float32",
      shape: [n, 1],
      byteLength: 4 * n,
      bytes: async (signal) => bytesOf(madeScales ?? (await make(signal)).scales),
    },
  };
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
