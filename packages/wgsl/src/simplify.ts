// A graph for one set of sizes: dimensions bound, values that are others under another name replaced by them, and
// nodes without elements left out. In decoding there are no image rows, so what joins and cuts image and text rows in
// the graph is not there at all.
import { type Bindings, type Dim, type Graph, type Node, nodeInputs, type ValueName } from "@glimpsejs/graph";
import { bindDim, product } from "./size.ts";

/** What is left of a graph when sizes are known. */
export interface Simplified {
  readonly graph: Graph;
  /** Nodes that compute something, with inputs by the names that stand for them. */
  readonly nodes: readonly Node[];
  /** The outputs that are wanted, by public name; values without elements keep their names. */
  readonly outputs: Readonly<Record<string, ValueName>>;
  /** Shapes of all values. */
  readonly shape: (value: ValueName) => readonly Dim[];
  /** How many nodes and outputs read a value. */
  readonly uses: ReadonlyMap<ValueName, number>;
}

/** Simplifies the part of `graph` that `outputs` need; `sizes` are those of all names but the growing ones. */
export function simplify(graph: Graph, outputs: readonly string[], sizes: Bindings): Simplified {
  const shapes = new Map<ValueName, readonly Dim[]>();
  const shape = (value: ValueName): readonly Dim[] => {
    let known = shapes.get(value);
    if (known === undefined) {
      known = (graph.types[value]?.shape ?? []).map((dim) => bindDim(dim, sizes));
      shapes.set(value, known);
    }
    return known;
  };
  const isEmpty = (value: ValueName) => product(shape(value)) === 0;
  const aliases = new Map<ValueName, ValueName>();
  const real = (value: ValueName): ValueName => aliases.get(value) ?? value;

  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const renamed = withInputs(node, real);
    const twin = identity(renamed, shape, isEmpty);
    if (twin === undefined) nodes.push(renamed);
    else aliases.set(twin.output, twin.input);
  }

  const wanted = Object.fromEntries(outputs.map((name) => [name, real(graph.outputs[name] ?? "")]));
  const uses = new Map<ValueName, number>();
  const use = (value: ValueName) => uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const value of Object.values(wanted)) use(value);
  const kept = nodes.toReversed().filter((node) => {
    if (!node.outputs.some((output) => uses.has(output) && !isEmpty(output))) return false;
    for (const value of nodeInputs(node)) use(value);
    return true;
  });
  return { graph, nodes: kept.toReversed(), outputs: wanted, shape, uses };
}

/** The input that an output of a node is equal to, if there is one with all its elements. */
function identity(
  node: Node,
  shape: (value: ValueName) => readonly Dim[],
  isEmpty: (value: ValueName) => boolean,
): { readonly input: ValueName; readonly output: ValueName } | undefined {
  const same = (input: ValueName | undefined, output: ValueName | undefined) =>
    input !== undefined && output !== undefined && shape(input).join() === shape(output).join()
      ? { input, output }
      : undefined;
  switch (node.op) {
    case "split":
      return same(
        node.inputs.x,
        node.outputs.find((output) => !isEmpty(output)),
      );
    case "concat":
      return same(
        node.inputs.parts.find((part) => !isEmpty(part)),
        node.outputs[0],
      );
    case "reshape":
    case "expand":
      return same(node.inputs.x, node.outputs[0]);
    case "maskTokens":
      return isEmpty(node.inputs.tokens) ? same(node.inputs.x, node.outputs[0]) : undefined;
    default:
      return undefined;
  }
}

function withInputs(node: Node, real: (value: ValueName) => ValueName): Node {
  const inputs: Record<string, ValueName | readonly ValueName[] | undefined> = {};
  for (const [name, value] of Object.entries<ValueName | readonly ValueName[] | undefined>(node.inputs)) {
    inputs[name] = value === undefined || typeof value === "string" ? value && real(value) : value.map(real);
  }
  return { ...node, inputs } as Node; // the same names, so the node keeps its type
}
