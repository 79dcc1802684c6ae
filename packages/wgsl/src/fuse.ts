// The fusion pass: a simplified graph as steps, each of which one kernel computes. Bias, activation and residual go
// into the matrix product before them, the choice of rows into the one after it; products with the same rows become one;
// lookups and sums go into the layerNorm that reads them.
import type { ActivationFunction, Node, ValueName } from "@glimpsejs/graph";
import type { Simplified } from "./simplify.ts";
import type { WeightLayout } from "./weights.ts";

/** One matrix of a product, and the value that it makes. */
export interface LinearPart {
  readonly weight: ValueName;
  readonly scales: ValueName | undefined;
  readonly bias: ValueName | undefined;
  readonly output: ValueName;
}

/** One or several products of the same rows. */
export interface LinearStep {
  readonly op: "linear";
  readonly path: string;
  readonly x: ValueName;
  /** Which rows of x, if not all in order. */
  readonly rows: ValueName | undefined;
  readonly parts: readonly LinearPart[];
  /** Neighbours along K that share a scale, where the matrices are quantized. */
  readonly block: number | undefined;
  readonly activation: ActivationFunction | undefined;
  readonly residual: ValueName | undefined;
}

/** What a normalized row is the sum of. */
export type NormSource = { readonly x: ValueName } | { readonly table: ValueName; readonly ids: ValueName };

/** layerNorm of a sum of rows. */
export interface NormStep {
  readonly op: "layerNorm";
  readonly path: string;
  readonly sources: readonly NormSource[];
  readonly weight: ValueName;
  readonly bias: ValueName;
  readonly epsilon: number;
  readonly output: ValueName;
}

/** A node as it is. */
export interface NodeStep {
  readonly op: "node";
  readonly path: string;
  readonly node: Node;
}

/** What one kernel, or a few, compute. */
export type Step = LinearStep | NormStep | NodeStep;

/** Fuses the nodes of a graph. */
export function fuse(simplified: Simplified, layout: WeightLayout): readonly Step[] {
  const steps = simplified.nodes.map((node): Step => toStep(node));
  return groupLinear(withNormSources(withEpilogues(withChosenRows(steps, simplified), simplified), simplified), layout);
}

function toStep(node: Node): Step {
  const { path } = node;
  if (node.op === "linear" || node.op === "quantizedLinear") {
    const { x, weight, bias } = node.inputs;
    const [output = ""] = node.outputs;
    const isQuantized = node.op === "quantizedLinear";
    const scales = isQuantized ? node.inputs.scales : undefined;
    const block = isQuantized ? node.attributes.block : undefined;
    const parts = [{ weight, bias, scales, output }];
    return { op: "linear", path, x, rows: undefined, parts, block, activation: undefined, residual: undefined };
  }
  if (node.op === "layerNorm") {
    const { x, weight, bias } = node.inputs;
    const [output = ""] = node.outputs;
    return { op: "layerNorm", path, sources: [{ x }], weight, bias, epsilon: node.attributes.epsilon, output };
  }
  return { op: "node", path, node };
}

/** The step that computes a value, by value, for steps that have one output. */
function producers(steps: readonly Step[]): ReadonlyMap<ValueName, Step> {
  return new Map(
    steps.flatMap((step): (readonly [ValueName, Step])[] => {
      if (step.op === "node") return step.node.outputs.map((output) => [output, step] as const);
      if (step.op === "layerNorm") return [[step.output, step] as const];
      return step.parts.map(({ output }) => [output, step] as const);
    }),
  );
}

/** Whether exactly one step or output reads a value. */
function once({ uses }: Simplified, value: ValueName): boolean {
  return uses.get(value) === 1;
}

/** gatherRows → linear: the product picks its rows itself. */
function withChosenRows(steps: readonly Step[], graph: Simplified): readonly Step[] {
  const maker = producers(steps);
  const gone = new Set<Step>();
  const fused = steps.map((step) => {
    if (step.op !== "linear") return step;
    const gather = maker.get(step.x);
    if (gather?.op !== "node" || gather.node.op !== "gatherRows" || !once(graph, step.x)) return step;
    gone.add(gather);
    return { ...step, x: gather.node.inputs.x, rows: gather.node.inputs.rows };
  });
  return fused.filter((step) => !gone.has(step));
}

/** linear → activation, and linear → add of a value of the same shape. The fused step stands where the last one stood. */
function withEpilogues(steps: readonly Step[], graph: Simplified): readonly Step[] {
  const result: Step[] = [];
  const maker = new Map<ValueName, LinearStep>(); // of values that one step reads and nothing is added to yet
  const replace = (old: LinearStep, step: LinearStep) => {
    result.splice(result.indexOf(old), 1);
    push(step);
  };
  const push = (step: Step) => {
    result.push(step);
    if (step.op !== "linear" || step.residual !== undefined) return;
    const [part] = step.parts;
    if (part !== undefined && once(graph, part.output)) maker.set(part.output, step);
  };
  const renamed = (step: LinearStep, output: ValueName) => step.parts.map((part) => ({ ...part, output }));
  for (const step of steps) {
    const node = step.op === "node" ? step.node : undefined;
    const [output = ""] = node?.outputs ?? [];
    if (node?.op === "activation") {
      const linear = maker.get(node.inputs.x);
      if (linear !== undefined && linear.activation === undefined) {
        replace(linear, { ...linear, parts: renamed(linear, output), activation: node.attributes.function });
        continue;
      }
    }
    if (node?.op === "add") {
      const { a, b } = node.inputs;
      const same = (x: ValueName, y: ValueName) => graph.shape(x).join() === graph.shape(y).join();
      const [value, residual] = maker.has(b) ? [b, a] : [a, b];
      const linear = maker.get(value);
      if (linear !== undefined && value !== residual && same(value, residual) && same(value, output)) {
        replace(linear, { ...linear, parts: renamed(linear, output), residual });
        continue;
      }
    }
    push(step);
  }
  return result;
}

/** embedding → layerNorm, add → layerNorm, and add of embeddings → layerNorm: at most two summands. */
function withNormSources(steps: readonly Step[], graph: Simplified): readonly Step[] {
  const maker = producers(steps);
  const gone = new Set<Step>();
  const lookUp = (source: NormSource): NormSource => {
    if (!("x" in source)) return source;
    const step = maker.get(source.x);
    if (step?.op !== "node" || step.node.op !== "embedding" || !once(graph, source.x)) return source;
    gone.add(step);
    return step.node.inputs;
  };
  const fused = steps.map((step) => {
    if (step.op !== "layerNorm") return step;
    const [source] = step.sources;
    if (source === undefined || !("x" in source)) return step;
    const sum = maker.get(source.x);
    if (sum?.op !== "node" || sum.node.op !== "add" || !once(graph, source.x))
      return { ...step, sources: [lookUp(source)] };
    const { a, b } = sum.node.inputs;
    const shape = trimmed(graph, source.x);
    if (a === b || trimmed(graph, a) !== shape || trimmed(graph, b) !== shape) return step;
    gone.add(sum);
    return { ...step, sources: [lookUp({ x: a }), lookUp({ x: b })] };
  });
  return fused.filter((step) => !gone.has(step));
}

/** The shape of a value without leading axes of size 1. */
function trimmed(graph: Simplified, value: ValueName): string {
  const shape = graph.shape(value);
  return shape
    .slice(
      Math.max(
        0,
        shape.findIndex((n) => n !== 1),
      ),
    )
    .join();
}

/** Plain products of the same rows whose weights lie one after the other become one step, where the first stood. */
function groupLinear(steps: readonly Step[], layout: WeightLayout): readonly Step[] {
  const result: Step[] = [];
  for (const step of steps) {
    const first = step.op === "linear" ? result.findIndex((other) => canJoin(other, step, layout)) : -1;
    const host = result[first];
    if (step.op === "linear" && host?.op === "linear") {
      result[first] = { ...host, parts: [...host.parts, ...step.parts] };
    } else result.push(step);
  }
  return result;
}

/** A dispatch of three matrices writes five buffers at most, which is what the default limits leave room for. */
const mostParts = 3;

function canJoin(host: Step, step: LinearStep, { places }: WeightLayout): boolean {
  if (host.op !== "linear" || host.x !== step.x || host.rows !== step.rows) return false;
  if ([host, step].some((s) => s.activation !== undefined || s.residual !== undefined)) return false;
  const [last, next] = [host.parts.at(-1), step.parts[0]];
  const [a, b] = [places.get(last?.weight ?? ""), places.get(next?.weight ?? "")];
  const alike = (last?.bias === undefined) === (next?.bias === undefined);
  return (
    host.parts.length < mostParts &&
    alike &&
    a !== undefined &&
    b !== undefined &&
    a.pack === b.pack &&
    b.index === a.index + 1
  );
}
