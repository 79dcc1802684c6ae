// How weights lie on the device. Matrices that are multiplied with the same rows (query, key and value of a layer) are
// packed one after the other, so that one dispatch can multiply with all of them. A pack is one buffer of weights, one of
// scales where they are quantized, and one of biases.
import { type Dim, type DType, type Graph, type Node, nodeInputs, type ValueName } from "@glimpsejs/graph";

/** What a weight's elements are on the device; numbers are computed with in float32 whatever they are. */
export type WeightFormat = "f32" | "f16" | "int8" | "int4";

/** Weights in one buffer. */
export interface WeightPack {
  /** What the elements are. */
  readonly format: WeightFormat;
  /** Names, in the order in which they lie. */
  readonly weights: readonly ValueName[];
  /** Empty, or one per weight. */
  readonly biases: readonly ValueName[];
  /** Empty, or one per weight: for quantized formats. */
  readonly scales: readonly ValueName[];
}

/** Where one weight lies. */
export interface WeightPlace {
  /** Number of its pack. */
  readonly pack: number;
  /** Which of the pack's buffers. */
  readonly part: "weight" | "scales" | "bias";
  /** Elements (of the weight, whatever its format) before it in that buffer. */
  readonly offset: number;
  /** Its number in the pack. */
  readonly index: number;
}

/** All weights of a program. */
export interface WeightLayout {
  /** Every pack; its number is its place here. */
  readonly packs: readonly WeightPack[];
  /** Where each weight lies, by name. */
  readonly places: ReadonlyMap<ValueName, WeightPlace>;
}

/**
 * Lays out the weights of graphs that are compiled together. `stored` says in which dtype a weight comes; float16 is
 * kept for matrices and tables whose width is a multiple of 4, unless `half` is false.
 */
export function layOutWeights(
  graphs: readonly Graph[],
  stored: (name: ValueName) => DType | undefined,
  half = true,
): WeightLayout {
  const packs: WeightPack[] = [];
  const places = new Map<ValueName, WeightPlace>();
  const types = new Map(graphs.flatMap((graph) => Object.entries(graph.weights)));
  const count = (name: ValueName) => (types.get(name)?.shape ?? []).reduce((n: number, dim: Dim) => n * Number(dim), 1);
  const place = (names: readonly ValueName[], part: WeightPlace["part"]) => {
    let offset = 0;
    for (const [index, name] of names.entries()) {
      places.set(name, { pack: packs.length, part, offset, index });
      offset += count(name);
    }
  };
  const add = (pack: WeightPack) => {
    place(pack.weights, "weight");
    place(pack.scales, "scales");
    place(pack.biases, "bias");
    packs.push(pack);
  };
  const otherwise = readOtherwise(graphs);
  const formatOf = (name: ValueName): WeightFormat => {
    const shape = types.get(name)?.shape ?? [];
    const isMatrix = shape.length === 2 && Number(shape[1]) % 4 === 0;
    const dtype = types.get(name)?.dtype;
    if (dtype === "int8") return "int8";
    if (dtype === "uint8") return "int4";
    return half && isMatrix && !otherwise.has(name) && stored(name) === "float16" ? "f16" : "f32";
  };
  for (const graph of graphs) {
    for (const group of linearGroups(graph, formatOf)) {
      const names = group.flatMap((entry) => [entry.weight, entry.bias ?? [], entry.scales ?? []].flat());
      const free = names.every((name) => Object.hasOwn(graph.weights, name) && !places.has(name));
      if (!free || new Set(names).size !== names.length) continue;
      const [first] = group;
      if (first === undefined) continue;
      add({
        format: first.format,
        weights: group.map(({ weight }) => weight),
        biases: group.flatMap(({ bias }) => bias ?? []),
        scales: group.flatMap(({ scales }) => scales ?? []),
      });
    }
  }
  for (const name of types.keys()) {
    if (!places.has(name)) add({ format: formatOf(name), weights: [name], biases: [], scales: [] });
  }
  return { packs, places };
}

/** Values that something else reads than a product as its matrix or an embedding as its table. */
function readOtherwise(graphs: readonly Graph[]): ReadonlySet<ValueName> {
  const found = new Set<ValueName>();
  for (const { nodes, outputs } of graphs) {
    for (const value of Object.values(outputs)) found.add(value);
    for (const node of nodes) {
      const own = node.op === "linear" ? node.inputs.weight : node.op === "embedding" ? node.inputs.table : undefined;
      for (const value of nodeInputs(node)) if (value !== own) found.add(value);
    }
  }
  return found;
}

interface Entry {
  readonly weight: ValueName;
  readonly bias: ValueName | undefined;
  readonly scales: ValueName | undefined;
  readonly format: WeightFormat;
}

/** Linear nodes that read the same value, or cuts of it along rows, with weights that can lie in one buffer. */
function linearGroups(graph: Graph, formatOf: (name: ValueName) => WeightFormat): readonly (readonly Entry[])[] {
  const cutFrom = new Map<ValueName, ValueName>();
  const groups = new Map<string, Entry[]>();
  for (const node of graph.nodes) {
    if (node.op === "split") for (const output of node.outputs) cutFrom.set(output, node.inputs.x);
    const entry = entryOf(node, formatOf);
    if (entry === undefined) continue;
    const x = node.op === "linear" || node.op === "quantizedLinear" ? node.inputs.x : "";
    const [, stored = 0] = (graph.types[entry.weight]?.shape ?? []).map(Number);
    // Rows of bytes that do not end on words cannot follow one another.
    const alone = entry.format === "int8" && stored % 4 !== 0 ? entry.weight : "";
    const blocks = graph.types[entry.scales ?? ""]?.shape[1];
    const key = JSON.stringify([cutFrom.get(x) ?? x, entry.format, entry.bias === undefined, stored, blocks, alone]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()];
}

function entryOf(node: Node, formatOf: (name: ValueName) => WeightFormat): Entry | undefined {
  if (node.op === "quantizedLinear") {
    const { weight, scales, bias } = node.inputs;
    return { weight, bias, scales, format: formatOf(weight) };
  }
  if (node.op !== "linear") return undefined;
  const { weight, bias } = node.inputs;
  return { weight, bias, scales: undefined, format: formatOf(weight) };
}
