// Quantization at load, by a plan (quantization-plan.ts): one function rewrites graphs, and another makes a source that quantizes each weight of the original checkpoint when it is read.
// How a weight is rounded is the graph package's business (quantize.ts there), which folder has what is match-weights'.
import {
  bytesPerElement,
  elementCount,
  type Graph,
  type Node,
  type QuantizedFormat,
  type StoredQuantized,
  type TensorType,
  type ValueName,
  type Weight,
  type WeightSource,
} from "@glimpsejs/graph";
import type { QuantizationPlan } from "./quantization-plan.ts";
import { quantizedName, quantizedTypes, scalesName } from "./quantized-tensors.ts";

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
    const { quantizeInPieces } = await import("./on-demand.ts");
    const made = await quantizeInPieces(weight, format, subject, signal);
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
