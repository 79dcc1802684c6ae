// Quantization at load. A plan says which weights of linear layers are stored as whole numbers; with it one function
// rewrites graphs, and another makes a source that quantizes each weight of the original checkpoint when it is read.
// How a weight is rounded is the graph package's business (quantize.ts there), which folder has what is match-weights'.
import {
  bytesPerElement,
  elementCount,
  type Graph,
  type Node,
  type QuantizedFormat,
  type StoredQuantized,
  type TensorType,
  toFloat32,
  type ValueName,
  type Weight,
  type WeightSource,
} from "@glimpsejs/graph";
import { quantizedName, quantizedTypes, scalesName } from "./quantized-tensors.ts";
import { visionPrefix } from "./vision.ts";

/** How weights can be stored. */
export const weightDTypes = ["fp32", "fp16", "int8", "int4"] as const;

/** How weights are stored: float32, float16, or whole numbers of 8 or 4 bits with scales. */
export type WeightDType = (typeof weightDTypes)[number];

/** The weights that are quantized, by the name that they have in the original checkpoint. */
export type QuantizationPlan = ReadonlyMap<string, QuantizedFormat>;

/**
 * The plan for a dtype: every weight that linear layers of `graphs` multiply with; empty for floats. With "int4" the
 * image encoder has 8 bits: it costs accuracy there, and no time is won where many rows are computed at once.
 */
export function planQuantization(graphs: readonly Graph[], dtype: WeightDType): QuantizationPlan {
  const plan = new Map<string, QuantizedFormat>();
  if (dtype !== "int8" && dtype !== "int4") return plan;
  for (const graph of graphs) {
    for (const { op, inputs } of graph.nodes) {
      if (op !== "linear") continue;
      const k = Number(graph.weights[inputs.weight]?.shape[1] ?? 0);
      if (k > 0) plan.set(inputs.weight, formatFor(inputs.weight, k, dtype));
    }
  }
  return plan;
}

/** 4 bits in blocks that divide a row, where there are any, else 8 bits. */
function formatFor(name: string, k: number, dtype: "int8" | "int4"): QuantizedFormat {
  const block = blocks.find((size) => k % size === 0);
  const wantsFour = dtype === "int4" && !name.startsWith(visionPrefix);
  return wantsFour && block !== undefined ? { bits: 4, block } : { bits: 8, block: k };
}

/** The larger, the fewer scales to read and the further apart the sixteen numbers of a block. */
const blocks = [64, 32, 16] as const;

/** The same graph with the planned weights quantized: `linear` becomes `quantizedLinear` with weights of other names. */
export function quantizeGraph(graph: Graph, plan: QuantizationPlan): Graph {
  const weights: Record<ValueName, TensorType> = { ...graph.weights };
  const replaced = new Set<ValueName>();
  const nodes = graph.nodes.map((node): Node => {
    const format = node.op === "linear" ? plan.get(node.inputs.weight) : undefined;
    if (node.op !== "linear" || format === undefined) return node;
    const { x, weight, bias } = node.inputs;
    const [n = 0, k = 0] = (graph.weights[weight]?.shape ?? []).map(Number);
    const types = quantizedTypes(n, k, format);
    const names = { weight: quantizedName(weight, format), scales: scalesName(weight) };
    weights[names.weight] = types.weight;
    weights[names.scales] = types.scales;
    replaced.add(weight);
    const { path, outputs } = node;
    return { op: "quantizedLinear", path, inputs: { x, ...names, bias }, attributes: format, outputs };
  });
  const used = new Set(nodes.flatMap((node) => Object.values(node.inputs).flat()));
  for (const name of replaced) if (!used.has(name)) delete weights[name];
  return { ...graph, nodes, weights, types: { ...graph.types, ...weights } };
}

/**
 * `source` with the planned weights quantized, each when it is read, one at a time; those that are stored in this form
 * are handed on. The weights that they are made of are named no more, unless `kept` has them. Disposing it disposes
 * `source`.
 */
export function quantizedWeights(
  source: WeightSource,
  plan: QuantizationPlan,
  kept: ReadonlySet<string> = new Set(),
): WeightSource {
  const made = new Map<string, Weight>();
  const names = new Set(source.names);
  for (const [name, format] of plan) {
    const weight = source.get(name);
    if (weight === undefined) continue;
    const pair = quantizedPair(name, weight, format);
    made.set(quantizedName(name, format), pair.weight);
    made.set(scalesName(name), pair.scales);
    if (!kept.has(name)) names.delete(name);
  }
  for (const name of made.keys()) names.add(name);
  return {
    names: [...names],
    get: (name) => made.get(name) ?? source.get(name),
    dispose: async () => source.dispose?.(),
  };
}

/**
 * What a weight is stored as. A weight and its scales are made together: whichever is read first leaves the scales for
 * the other.
 */
function quantizedPair(name: string, weight: Weight, format: QuantizedFormat): StoredQuantized {
  const { quantized } = weight;
  if (quantized?.format.bits === format.bits && quantized.format.block === format.block) return quantized;
  const [n = 0, k = 0] = weight.shape;
  const subject = `weight "${name}"`;
  let scales: Uint8Array | undefined;
  const make = async (signal?: AbortSignal) => {
    const { quantize } = await import("./on-demand.ts");
    const values = toFloat32(await weight.bytes(signal), weight.dtype, subject);
    const made = quantize(values, format, subject);
    scales = bytesOf(made.scales);
    return bytesOf(made.data);
  };
  const types = quantizedTypes(n, k, format);
  const typed = ({ dtype, shape }: TensorType, bytes: Weight["bytes"]): Weight => {
    const sizes = shape.map(Number);
    return { dtype, shape: sizes, byteLength: elementCount(sizes) * bytesPerElement[dtype], bytes };
  };
  return {
    format,
    weight: typed(types.weight, make),
    scales: typed(types.scales, async (signal) => {
      if (scales === undefined) await make(signal);
      return scales ?? new Uint8Array();
    }),
  };
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
