// Graph to ONNX. The weights come in as bytes or as places in files; this file decides how they enter the model.
import { bytesPerElement, type DType, elementCount, type Graph, prune, type TensorType } from "@glimpsejs/graph";
import { Emitter } from "./emitter.ts";
import {
  type ExternalData,
  encodeModel,
  float32DataType,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from "./model.ts";
import { lowerNode } from "./ops/index.ts";

/** A weight as it is stored: its dtype, and its little-endian bytes or the place in a file where they are. */
export interface OnnxWeight {
  readonly dtype: DType;
  readonly data: Uint8Array | ExternalData;
}

/**
 * Lowers a legal graph (see `verify`) to an ONNX model of opset 17 with ops of ONNX Runtime ("com.microsoft") as data.
 * Inputs and outputs keep their names and order; an output called like an input or weight gets a ' appended. `weightOf`
 * is asked once for each weight that the outputs depend on; one not stored as float32 is followed by a Cast.
 */
export function lowerGraph(graph: Graph, weightOf: (name: string) => OnnxWeight): OnnxModel {
  const pruned = prune(graph);
  const e = new Emitter(pruned);
  const initializers: OnnxTensor[] = [];
  for (const [name, type] of Object.entries(pruned.weights)) {
    const { dtype, data } = weightOf(name);
    const shape = type.shape.map(Number);
    initializers.push({ name, dtype, shape, byteLength: elementCount(shape) * bytesPerElement[dtype], data });
    e.path = name;
    if (dtype !== "float32") e.bind(name, e.node("Cast", [name], { to: float32DataType }));
  }
  for (const node of pruned.nodes) {
    e.path = node.path;
    const lowered = lowerNode(node, e);
    for (const [i, output] of node.outputs.entries()) e.bind(output, lowered[i] ?? output);
  }
  return {
    name: graph.name,
    inputs: graph.inputs,
    ...withOutputs(pruned, e),
    initializers: [...initializers, ...e.constants.values()],
  };
}

/** Gives the nodes that compute outputs their public names; a second name of a value, or of an input, is an Identity. */
function withOutputs(graph: Graph, e: Emitter): Pick<OnnxModel, "nodes" | "outputs"> {
  const computed = new Set(e.nodes.flatMap((node) => node.outputs));
  const publicNames = new Map<string, string>();
  const copies: OnnxNode[] = [];
  const outputs: Record<string, TensorType> = {};
  for (const [output, value] of Object.entries(graph.outputs)) {
    const source = e.nameOf(value);
    const name = output in graph.inputs || output in graph.weights ? `${output}'` : output;
    outputs[name] = e.typeOf(value);
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
export function toOnnx(graph: Graph, weightOf: (name: string) => OnnxWeight): Uint8Array {
  return encodeModel(lowerGraph(graph, weightOf));
}
