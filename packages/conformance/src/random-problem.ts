// Random numbers for the weights and inputs of a graph that somebody else built.
import { evaluateDim, type Graph, type HostTensor } from "@glimpsejs/graph";
import type { Problem } from "./problem.ts";
import { Random } from "./random.ts";

/**
 * A problem from a graph. `sizes` are those of its named dimensions; `ranges` says for every int32 input which numbers
 * it may hold: 0 up to, not including, the range.
 */
export function randomProblem(
  graph: Graph,
  sizes: Readonly<Record<string, number>>,
  ranges: Readonly<Record<string, number>>,
  seed: number,
): Problem {
  const random = new Random(seed);
  const weights = Object.entries(graph.weights).map(([name, { shape }]) => {
    return [name, random.normal(shape.map(Number), 0.3)] as const;
  });
  const feeds = Object.entries(graph.inputs).map(([name, type]): readonly [string, HostTensor] => {
    const shape = type.shape.map((dim) => evaluateDim(dim, sizes));
    if (type.dtype === "float32") return [name, random.normal(shape)];
    const range = ranges[name];
    if (range === undefined) throw new TypeError(`randomProblem: the range of "${name}" is missing.`);
    return [name, random.integers(shape, 0, range - 1)];
  });
  return { graph, weights: Object.fromEntries(weights), feeds: Object.fromEntries(feeds) };
}
