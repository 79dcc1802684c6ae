// 4-bit weights as 8-bit ones, for graphs of many rows on a CPU: there a product of rounded rows takes half the time of
// MatMulNBits, whose time only few rows repay. A pass over graphs, and a source for the weights that it names.
import {
  dequantize,
  elementCount,
  type Graph,
  type Node,
  type QuantizedFormat,
  quantize,
  type TensorType,
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

/** `source` with the weights of {@link withEightBits}: each is made when it is read, of `source`'s 4-bit one. */
export function eightBitWeights(source: WeightSource): WeightSource {
  return {
    ...source,
    get(name) {
      if (!name.endsWith(suffix)) return source.get(name);
      const stored = name.slice(0, -suffix.length);
      // Names are those of the pass: "X.int4" beside "X.scales".
      const base = stored.replace(/\.(int4|scales)$/, "");
      const [weight, scales] = [source.get(`${base}.int4`), source.get(`${base}.scales`)];
      return weight && scales && widened(weight, scales, stored.endsWith(".scales"), `weight "${stored}"`);
    },
  };
}

function widened(weight: Weight, scales: Weight, wantsScales: boolean, subject: string): Weight {
  const [n = 0, bytes = 0] = weight.shape;
  const k = 2 * bytes;
  const format: QuantizedFormat = { bits: 4, block: k / (scales.shape[1] ?? 1) };
  const shape = wantsScales ? [n, 1] : [n, k];
  return {
    dtype: wantsScales ? "float32" : "int8",
    shape,
    byteLength: elementCount(shape) * (wantsScales ? 4 : 1),
    async bytes(signal) {
      const data = viewAs(await weight.bytes(signal), "uint8");
      const values = dequantize({ data, scales: viewAs(await scales.bytes(signal), "float32") }, format);
      const made = quantize(values, { bits: 8, block: k }, subject);
      const part = wantsScales ? made.scales : made.data;
      return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    },
  };
}
