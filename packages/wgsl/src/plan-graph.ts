// From a graph to a plan: simplify for the sizes at hand, fuse, place, and let each op's file write its dispatches.
import {
  addDims,
  type Bindings,
  bindable,
  type Dim,
  type Graph,
  type Node,
  type OpName,
  type ValueName,
} from "@glimpsejs/graph";
import { fuse, type Step } from "./fuse.ts";
import { type Features, Lowering } from "./lowering.ts";
import { planMemory } from "./memory.ts";
import { argMax } from "./ops/arg-max.ts";
import { attention } from "./ops/attention.ts";
import { activation, add, copyOf, copyTo } from "./ops/elementwise.ts";
import { embedding, gatherRows } from "./ops/embedding.ts";
import { layerNorm } from "./ops/layer-norm.ts";
import { linear } from "./ops/linear.ts";
import { logSumExp } from "./ops/log-sum-exp.ts";
import { maskTokens } from "./ops/mask-tokens.ts";
import { patchEmbedding } from "./ops/patch-embedding.ts";
import { topK } from "./ops/top-k.ts";
import { type Placement, place } from "./place.ts";
import type { Plan, PlanOutput } from "./plan.ts";
import { simplify } from "./simplify.ts";
import { product } from "./size.ts";
import { type BufferId, isContiguous, rowMajor, slice, splitHeads, type View } from "./view.ts";
import type { WeightLayout } from "./weights.ts";

/** What a plan is made for. */
export interface PlanOptions {
  /** Outputs that are wanted. */
  readonly outputs: readonly string[];
  /** Sizes of all names but the growing ones. */
  readonly sizes: Bindings;
  /** Rows that states have room for, which growing names never exceed. */
  readonly capacity: number;
  /** Where the weights of the program lie. */
  readonly layout: WeightLayout;
  /** What the device can do. */
  readonly features: Features;
}

/** A carried input whose output is past ++ new. */
export interface GrowingState {
  /** Name of the carried input. */
  readonly input: string;
  /** Name of the output that replaces it. */
  readonly output: string;
  /** The axis that grows. */
  readonly axis: number;
  /** The name of the input's dimension there. */
  readonly name: string;
}

/**
 * The states of a graph that grow from run to run. The names of their dimensions are left open in a plan, which holds for
 * any size of them up to a capacity.
 */
export function growingStates(graph: Graph): readonly GrowingState[] {
  return graph.nodes.flatMap((node): GrowingState[] => {
    if (node.op !== "concat") return [];
    const [input = ""] = node.inputs.parts;
    const { axis } = node.attributes;
    const output = Object.hasOwn(graph.carries, input) ? graph.carries[input] : undefined;
    if (output === undefined || graph.outputs[output] !== node.outputs[0]) return [];
    const dim = bindable(graph.inputs[input]?.shape[axis] ?? 0);
    return dim?.factor === 1 ? [{ input, output, axis, name: dim.name }] : [];
  });
}

/** Plans one selection of a graph's outputs for one set of sizes. The graph has been verified. */
export function planGraph(graph: Graph, { outputs, sizes, capacity, layout, features }: PlanOptions): Plan {
  const simplified = simplify(graph, outputs, sizes);
  const steps = fuse(simplified, layout);
  const l = new Lowering(simplified, layout, features, capacity);
  const placement = place(l, steps);
  for (const step of steps) emit(l, step, placement);
  const results = collectOutputs(l, simplified.outputs);
  const { buffers, slots } = planMemory(l.buffers, l.dispatches);
  return { graph: graph.name, buffers, dispatches: l.dispatches, outputs: results, states: placement.states, slots };
}

function emit(l: Lowering, step: Step, { heads, done }: Placement): void {
  if (step.op === "linear") linear(l, step, heads);
  else if (step.op === "layerNorm") layerNorm(l, step);
  else if (!done.has(step.node)) emitters[step.node.op](l, step.node as never); // the table pairs each op with its own
}

const fused = (_: Lowering, { op, path }: Node): never => {
  throw new TypeError(`plan: ${op} "${path}" was not fused.`);
};

/** How nodes that are not part of a fused step become dispatches. */
const emitters: { readonly [O in OpName]: (l: Lowering, node: Node<O>) => void } = {
  activation,
  add,
  argMax,
  attention,
  concat,
  embedding,
  expand(l, node) {
    const [output = ""] = node.outputs;
    const view = l.read(node.inputs.x);
    const shape = l.shape(output);
    const strides = shape.map((n, axis) => (view.shape[axis] === 1 && n !== 1 ? 0 : (view.strides[axis] ?? 0)));
    look(l, output, { ...view, shape, strides }, node.path);
  },
  gatherRows,
  layerNorm: fused,
  linear: fused,
  logSumExp,
  maskTokens,
  patchEmbedding,
  quantizedLinear: fused,
  reshape(l, node) {
    const [output = ""] = node.outputs;
    const view = l.contiguous(l.read(node.inputs.x), copyOf(l, node.path));
    const shape = l.shape(output);
    look(l, output, { ...view, shape, strides: rowMajor(shape) }, node.path);
  },
  split(l, node) {
    const view = l.read(node.inputs.x);
    let start: Dim = 0;
    for (const output of node.outputs) {
      const size = l.shape(output)[node.attributes.axis] ?? 0;
      if (product(l.shape(output)) !== 0) look(l, output, slice(view, node.attributes.axis, start, size), node.path);
      start = addDims(start, size);
    }
  },
  splitHeads(l, node) {
    const [output = ""] = node.outputs;
    look(l, output, splitHeads(l.read(node.inputs.x), node.attributes.heads), node.path);
  },
  topK,
};

/** Sets where a value stands to a view of another, or copies it to where it is wanted. */
function look(l: Lowering, value: ValueName, view: View, path: string): void {
  const target = l.targets.get(value);
  if (target !== undefined) copyTo(l, view, target, path);
  l.views.set(value, target ?? view);
}

/** Parts that were not written in their places are copied there. */
function concat(l: Lowering, node: Node<"concat">): void {
  const view = l.write(node.outputs[0] ?? "");
  const { axis } = node.attributes;
  let start: Dim = 0;
  for (const [i, part] of node.inputs.parts.entries()) {
    const size = l.shape(part)[axis] ?? 0;
    const target = slice(view, axis, start, size);
    start = addDims(start, size);
    const isPast = i === 0 && l.buffers[view.buffer]?.kind === "state";
    if (product(l.shape(part)) === 0 || isPast || sameView(l.views.get(part), target)) continue;
    copyTo(l, l.read(part), target, node.path);
  }
}

function sameView(a: View | undefined, b: View): boolean {
  return a !== undefined && a.buffer === b.buffer && a.offset === b.offset && a.strides.join() === b.strides.join();
}

/** Outputs get buffers of their own: that of the value where nothing else is in it, else a copy. */
function collectOutputs(
  l: Lowering,
  outputs: Readonly<Record<string, ValueName>>,
): Readonly<Record<string, PlanOutput>> {
  const taken = new Set<BufferId>();
  const results: Record<string, PlanOutput> = {};
  for (const [name, value] of Object.entries(outputs)) {
    const dtype = l.dtype(value);
    const shape = l.shape(value);
    if (product(shape) === 0) {
      results[name] = { view: { buffer: -1, offset: 0, shape, strides: rowMajor(shape) }, dtype };
      continue;
    }
    const view = l.read(value);
    const spec = l.buffers[view.buffer];
    const fills = spec?.kind === "temporary" && spec.bytes === 4 * l.elements(shape) && isContiguous(view);
    const isState = spec?.kind === "state" && l.graph.graph.carries[spec.input] === name;
    const own = (fills || isState) && !taken.has(view.buffer);
    const result = own ? view : copyOf(l, name)(view);
    taken.add(result.buffer);
    const bytes = 4 * l.elements(shape);
    if (!isState || !own) l.buffers[result.buffer] = { kind: "output", bytes };
    results[name] = { view: result, dtype };
  }
  return results;
}
