// The graphs of git-base as the guide shows them: for one picture, and for one more word about it; printed with repeated
// layers left out, and one layer of each as nodes and edges to be drawn.
import { presetConfig } from "@glimpsejs/config";
import { type Graph, type Node, nodeInputs, print, specialize } from "@glimpsejs/graph";
import { decoderGraph, visionGraph } from "@glimpsejs/model";

const config = presetConfig("git-base");
const grid = config.visionConfig.imageSize / config.visionConfig.patchSize;

/** A picture of the size that git-base sees. */
export const vision: Graph = specialize(visionGraph(config), {
  batch: 1,
  frames: 1,
  gridRows: grid,
  gridColumns: grid,
});

/** One token more, likeliest next one wanted, behind a picture and the `past` tokens before it. */
export const step: Graph = specialize(
  decoderGraph(config),
  { batch: 1, image: 0, text: 1, trunk: grid * grid + 1, wanted: 1, columns: 1, masked: 0, given: 0, candidates: 1 },
  "decoder, one token",
);

/** `print()` of a graph without its weights and without the layers between the first and the last. */
export function printed(graph: Graph): string {
  const lines = print(graph).trimEnd().split("\n");
  const last = Math.max(...graph.nodes.map(({ path }) => layerOf(path) ?? 0));
  const kept = lines
    .filter((line) => !/^ {2}weight /.test(line))
    .map((line) => {
      const layer =
        layerOf(line.replace(/^.*# /, "")) ?? layerOf(line.replace(/^ {2}(input|output|carry) \w+/, "layer"));
      return layer === undefined || layer === 0 || (layer === last && isNode(line)) ? line : "  …";
    });
  return kept.filter((line, i) => line !== "  …" || kept[i - 1] !== "  …").join("\n");
}

function isNode(line: string): boolean {
  return line.startsWith("  %");
}

function layerOf(path: string): number | undefined {
  const found = /layers?\.(\d+)/.exec(path)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** A node of a layer as it is drawn, or (without `op`) a value that comes from outside. */
export interface DrawnNode {
  readonly op: string | undefined;
  readonly name: string;
  /** Shape of the first output. */
  readonly shape: string;
  /** Places in the list of what it reads. */
  readonly from: readonly number[];
}

/** One layer of a graph: what comes from outside first, then its nodes in the order in which they run. */
export function layer(graph: Graph, index: number): readonly DrawnNode[] {
  const nodes = graph.nodes.filter(({ path }) => layerOf(path) === index);
  const made = new Set<string>(nodes.flatMap(({ outputs }) => outputs));
  const values = nodes.flatMap((node) => nodeInputs(node)).filter((value) => graph.weights[value] === undefined);
  const outside = [...new Set(values)].filter((value) => !made.has(value));
  const places = new Map<string, number>(outside.map((value, i) => [value, i]));
  for (const [i, { outputs }] of nodes.entries()) for (const value of outputs) places.set(value, outside.length + i);
  const shapeOf = (value: string | undefined) => `[${graph.types[value ?? ""]?.shape.join(", ") ?? ""}]`;
  return [
    ...outside.map((value) => ({
      op: undefined,
      name: value.startsWith("%") ? "x" : value,
      shape: shapeOf(value),
      from: [],
    })),
    ...nodes.map((node) => ({
      op: node.op,
      name: nameOf(node),
      shape: shapeOf(node.outputs[0]),
      from: [...new Set(nodeInputs(node).flatMap((value) => places.get(value) ?? []))],
    })),
  ];
}

/** What its weights are called in the checkpoint, without the beginning that the layer shares. */
function nameOf({ path }: Node): string {
  return path.replace(/^.*layers?\.\d+\.?/, "").replace(/^attention\./, "");
}
