// Where results go, decided before anything is computed. What is joined later is written in its place at once: rows into
// the value that concat makes, new keys and values into the cache's buffer behind those of the past, split by image and
// text and head by head as they come out of the product.
import { addDims, type Dim, type Node, type ValueName } from "@glimpsejs/graph";
import type { Step } from "./fuse.ts";
import type { Lowering } from "./lowering.ts";
import type { HeadTarget } from "./ops/linear.ts";
import type { StateSpec } from "./plan.ts";
import { product } from "./size.ts";
import { rowGrid, rowMajor, rowsOf, slice, type View } from "./view.ts";

/** What placing finds out. */
export interface Placement {
  /** Products that are written head by head. */
  readonly heads: ReadonlyMap<ValueName, HeadTarget>;
  /** Nodes that have nothing left to do. */
  readonly done: ReadonlySet<Node>;
  readonly states: readonly StateSpec[];
}

/** Fills the targets and views of a lowering. */
export function place(l: Lowering, steps: readonly Step[]): Placement {
  const heads = new Map<ValueName, HeadTarget>();
  const done = new Set<Node>();
  const states: StateSpec[] = [];
  const producer = new Map(steps.flatMap((step) => outputsOf(step).map((output) => [output, step] as const)));
  const once = (value: ValueName) => l.graph.uses.get(value) === 1;
  const cuts = new Map<ValueName, Node<"split">>();
  for (const step of steps) if (step.op === "node" && step.node.op === "split") cuts.set(step.node.inputs.x, step.node);

  for (const step of steps.toReversed()) {
    if (step.op !== "node") continue;
    const { node } = step;
    if (node.op === "concat") {
      const [output = ""] = node.outputs;
      const state = inPlace(l, node);
      if (state !== undefined) {
        states.push(state.spec);
        l.targets.set(output, state.view);
      }
      const view = l.targets.get(output) ?? l.temporary(l.shape(output));
      l.targets.set(output, view);
      let start: Dim = 0;
      for (const part of node.inputs.parts) {
        const size = l.shape(part)[node.attributes.axis] ?? 0;
        const target = slice(view, node.attributes.axis, start, size);
        start = addDims(start, size);
        const maker = producer.get(part);
        if (maker !== undefined && once(part) && !l.targets.has(part) && canWrite(maker, part, target))
          l.targets.set(part, target);
      }
    }
    if (node.op === "splitHeads") {
      const { x } = node.inputs;
      const [output = ""] = node.outputs;
      const maker = producer.get(x);
      if (maker?.op !== "linear" || !once(x) || l.shape(x).length !== 3 || l.targets.has(x)) continue;
      const cut = cuts.get(output);
      if (cut?.attributes.axis === 2 && once(output)) {
        const parts = cut.outputs.filter((part) => product(l.shape(part)) !== 0);
        if (parts.length > 2) continue;
        heads.set(x, { heads: node.attributes.heads, pieces: parts.map((part) => l.write(part)) });
        done.add(cut);
      } else heads.set(x, { heads: node.attributes.heads, pieces: [l.write(output)] });
      done.add(node);
    }
  }
  return { heads, done, states };
}

/** Ops whose kernels write through any view. */
const anywhere: ReadonlySet<string> = new Set([
  "splitHeads",
  "split",
  "add",
  "activation",
  "concat",
  "expand",
  "reshape",
]);

/** Ops whose kernels write row by row. */
const byRows: ReadonlySet<string> = new Set(["attention", "patchEmbedding"]);

/** Whether a step can write its result through a view that is not contiguous. */
function canWrite(step: Step, value: ValueName, target: View): boolean {
  if (step.op === "node" && step.node.outputs.indexOf(value) > 0 && step.node.op !== "split") return false;
  if (step.op === "node" && !byRows.has(step.node.op)) return anywhere.has(step.node.op);
  return rowsOf(target, rowGrid([target], target.shape.slice(0, -1))) !== undefined;
}

/** Values of a step's outputs. */
function outputsOf(step: Step): readonly ValueName[] {
  if (step.op === "node") return step.node.outputs;
  return step.op === "layerNorm" ? [step.output] : step.parts.map(({ output }) => output);
}

/** The state that a concat appends to, if it does: past ++ new, the past being read by nothing else. */
function inPlace(l: Lowering, node: Node<"concat">): { readonly spec: StateSpec; readonly view: View } | undefined {
  const { carries, outputs } = l.graph.graph;
  const [input = ""] = node.inputs.parts;
  const [value = ""] = node.outputs;
  const { axis } = node.attributes;
  const output = Object.hasOwn(carries, input) ? carries[input] : undefined;
  const shape = l.shape(input);
  const isAppended = output !== undefined && outputs[output] === value && typeof shape[axis] === "string";
  if (!isAppended || l.graph.uses.get(input) !== 1 || node.inputs.parts.lastIndexOf(input) !== 0) return undefined;
  const roomy = shape.with(axis, l.capacity);
  const buffer = l.addBuffer({ kind: "state", input, bytes: 4 * l.elements(roomy) });
  const view = { buffer, offset: 0, shape: l.shape(value), strides: rowMajor(roomy) };
  return { spec: { input, output, buffer, axis, capacity: l.capacity, shape }, view };
}
