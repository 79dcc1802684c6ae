// Graph to ONNX. The weights come in as bytes or as places in files; this file decides how they enter the model.
import { type DType, type Graph, prune, type TensorType } from "@glimpsejs/graph";
import { type Apart, Emitter } from "./emitter.ts";
import { type ExternalData, encodeModel, type OnnxModel, type OnnxNode } from "./model.ts";
import { lowerNode } from "./ops/index.ts";
import type { OnnxTarget } from "./target.ts";

/** A weight as it is stored: its dtype, and its little-endian bytes or the place in a file where they are. */
export interface OnnxWeight {
  /** Element type as it is stored. */
  readonly dtype: DType;
  /** Whether the data is the transpose, [K, N]; only for int8 weights of quantizedLinear, and not on "webgpu". */
  readonly isTransposed?: boolean;
  /** Its bytes, little-endian and row-major, or where they are. */
  readonly data: Uint8Array | ExternalData;
}

/**
 * Lowers a legal graph (see `verify`) to an ONNX model of opset 17 with ops of ONNX Runtime ("com.microsoft") as data.
 * Inputs and outputs keep their names and order; an output called like an input or weight gets a ' appended. `weightOf`
 * is asked once for each weight that the outputs depend on; one not stored as float32 is followed by a Cast. What
 * becomes of quantized weights depends on `target`; see {@link OnnxTarget}.
 *
 * A concat whose output `apart` names, with its parts, is left out: attention reads the parts one by one, as what they
 * are, of any length that its mask is fed for, and an output of that name is the last part alone. Nothing else may read
 * it.
 */
export function lowerGraph(
  graph: Graph,
  weightOf: (name: string) => OnnxWeight,
  target: OnnxTarget = "cpu",
  apart: Apart = new Map(),
): OnnxModel {
  const pruned = prune(graph);
  const e = new Emitter(pruned, weightOf, target, apart);
  for (const node of pruned.nodes) {
    e.path = node.path;
    const lowered = lowerNode(node, e);
    for (const [i, output] of node.outputs.entries()) e.bind(output, lowered[i] ?? output);
  }
  const results = withOutputs(pruned, e);
  return {
    name: graph.name,
    inputs: graph.inputs,
    ...results,
    initializers: [...e.weights.values(), ...e.constants.values()],
  };
}

/** Gives the nodes that compute outputs their public names; a second name of a value, or of an input, is an Identity. */
function withOutputs(graph: Graph, e: Emitter): Pick<OnnxModel, "nodes" | "outputs"> {
  const sources = Object.entries(graph.outputs).map(([output, value]) => [output, value, e.nameOf(value)] as const);
  const computed = new Set(e.nodes.flatMap((node) => node.outputs));
  const publicNames = new Map<string, string>();
  const copies: OnnxNode[] = [];
  const outputs: Record<string, TensorType> = {};
  for (const [output, value, source] of sources) {
    const name = output in graph.inputs || output in graph.weights ? `${output}'` : output;
    outputs[name] = e.typeOf(e.partsOf(value).at(-1) ?? value);
    if (computed.has(source) && !publicNames.has(source)) publicNames.set(source, name);
    else copies.push({ name, op: "Identity", domain: "", inputs: [source], outputs: [name], attributes: {} });
  }
  const rename = (names: readonly string[]) => names.map((name) => publicNames.get(name) ?? name);
  const nodes = [...e.nodes, ...copies].map((node) => ({
    ...node,
    inputs: rename(node.inputs),
    outputs: rename(node.outputs),
  }));
  return { nodes, outputs };
}

/** {@link lowerGraph} as the bytes of an ONNX file. */
export function toOnnx(
  graph: Graph,
  weightOf: (name: string) => OnnxWeight,
  target: OnnxTarget = "cpu",
  apart?: Apart,
): Uint8Array {
  return encodeModel(lowerGraph(graph, weightOf, target, apart));
}
