// A graph for runs in which some sizes are always the same. Where such a size is 0, whatever is empty leaves the graph:
// a decoder that never sees image rows neither splits nor joins them.
import { addDims, type Bindings, bindable, type Dim, dimNames, dimTerms, mulDims, type Shape } from "./dim.ts";
import { type Graph, type Node, nodeInputs, type TensorType, type ValueName } from "./graph.ts";
import { prune } from "./verify.ts";

/**
 * The graph with named dimensions fixed. It computes the same from the same feeds, less what is empty: inputs, parts
 * of joins and splits, segments of attention, outputs and carries of size 0 are gone, and so is every input that
 * nothing reads any more and that no size is known from.
 */
export function specialize(graph: Graph, sizes: Bindings, name = graph.name): Graph {
  const fix = ({ dtype, shape }: TensorType): TensorType => ({ dtype, shape: fixShape(shape, sizes) });
  const fixAll = (all: Readonly<Record<ValueName, TensorType>>) =>
    Object.fromEntries(Object.entries(all).map(([value, type]) => [value, fix(type)]));
  const types = fixAll(graph.types);
  const isEmpty = (value: ValueName) => types[value]?.shape.includes(0) ?? false;
  const aliases = new Map<ValueName, ValueName>();
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    if (node.outputs.every(isEmpty)) continue;
    const reduced = reduce(renamed(node, aliases), isEmpty, sizes);
    if (typeof reduced === "string") {
      for (const output of node.outputs) if (!isEmpty(output)) aliases.set(output, reduced);
    } else nodes.push(reduced);
  }
  const outputs = Object.fromEntries(
    Object.entries(graph.outputs)
      .filter(([, value]) => !isEmpty(value))
      .map(([output, value]) => [output, aliases.get(value) ?? value]),
  );
  const pruned = prune({ ...graph, name, nodes, outputs, types });
  const read = new Set<ValueName>([...Object.values(outputs), ...pruned.nodes.flatMap(nodeInputs)]);
  const all = Object.entries(fixAll(graph.inputs));
  const bound = new Set(all.flatMap(([input, { shape }]) => (read.has(input) ? binds(shape) : [])));
  const used = new Set([...read].flatMap((value) => (types[value]?.shape ?? []).flatMap(dimNames)));
  const inputs = Object.fromEntries(
    all.filter(([input, { shape }]) => {
      return read.has(input) || binds(shape).some((dim) => used.has(dim) && !bound.has(dim));
    }),
  );
  const carries = Object.fromEntries(
    Object.entries(graph.carries).filter(([input, output]) => input in inputs && output in outputs),
  );
  return { ...pruned, inputs, carries };
}

/** The named dimensions whose sizes a shape says. */
function binds(shape: Shape): readonly string[] {
  return shape.flatMap((dim) => bindable(dim)?.name ?? []);
}

function fixShape(shape: Shape, sizes: Bindings): Shape {
  return shape.map((dim) => fixDim(dim, sizes));
}

function fixDim(dim: Dim, sizes: Bindings): Dim {
  if (typeof dim === "number") return dim;
  return dimTerms(dim)
    .map(({ coefficient, names }) => names.reduce<Dim>((product, n) => mulDims(product, sizes[n] ?? n), coefficient))
    .reduce(addDims, 0);
}

/** The node with its inputs called as what they are the same as. */
function renamed(node: Node, aliases: ReadonlyMap<ValueName, ValueName>): Node {
  const rename = (value: ValueName) => aliases.get(value) ?? value;
  const inputs = Object.entries<ValueName | readonly ValueName[] | undefined>(node.inputs).map(([key, value]) => [
    key,
    value === undefined ? undefined : typeof value === "string" ? rename(value) : value.map(rename),
  ]);
  return { ...node, inputs: Object.fromEntries(inputs) } as Node; // the same keys with values of the same kind
}

/** A node without what is empty, or the one value that it then hands on. */
function reduce(node: Node, isEmpty: (value: ValueName) => boolean, sizes: Bindings): Node | ValueName {
  switch (node.op) {
    case "concat": {
      const parts = node.inputs.parts.filter((part) => !isEmpty(part));
      const [only] = parts;
      return parts.length === 1 && only !== undefined ? only : { ...node, inputs: { parts } };
    }
    case "split": {
      const kept = node.outputs.flatMap((output, i) => (isEmpty(output) ? [] : [i]));
      if (kept.length === 1) return node.inputs.x;
      const fixed = node.attributes.sizes.map((size) => fixDim(size, sizes));
      const attributes = { ...node.attributes, sizes: kept.map((i) => fixed[i] ?? 0) };
      return { ...node, attributes, outputs: kept.map((i) => node.outputs[i] ?? "") };
    }
    case "attention": {
      const { keys, values, mask } = node.inputs;
      const isKept = keys.map((key) => !isEmpty(key));
      const inputs = {
        ...node.inputs,
        keys: keys.filter((_, i) => isKept[i]),
        values: values.filter((_, i) => isKept[i]),
        mask: isKept.at(-1) ? mask : undefined, // it is about the last segment
      };
      return { ...node, inputs };
    }
    case "maskTokens":
      return isEmpty(node.inputs.tokens) ? node.inputs.x : node;
    case "reshape":
      return { ...node, attributes: { shape: fixShape(node.attributes.shape, sizes) } };
    case "expand":
      return { ...node, attributes: { shape: fixShape(node.attributes.shape, sizes) } };
    case "topK":
      return { ...node, attributes: { k: fixDim(node.attributes.k, sizes) } };
    default:
      return node;
  }
}
