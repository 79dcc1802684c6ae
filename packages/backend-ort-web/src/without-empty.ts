// A graph as it is when some of its dimensions are 0: nodes that compute nothing are left out, and nothing reads what is
// empty. For the WebGPU provider of ONNX Runtime 1.30, most of whose kernels fail on tensors without elements (their
// dispatches and buffers may not be empty). Only the lowering is new; what is computed stays the same.
import {
  canonical,
  type Dim,
  dimTerms,
  type Graph,
  type Node,
  nodeInputs,
  type TensorType,
  type ValueName,
} from "@glimpsejs/graph";

/**
 * The graph for runs in which every dimension named in `zero` is 0. Inputs and outputs that are empty then are not in
 * it. Without empty values it is `graph` itself.
 */
export function withoutEmpty(graph: Graph, zero: ReadonlySet<string>): Graph {
  if (zero.size === 0 && !Object.values(graph.types).some(({ shape }) => shape.includes(0))) return graph;
  const dim = (d: Dim): Dim => withZeros(d, zero);
  const type = ({ dtype, shape }: TensorType): TensorType => ({ dtype, shape: shape.map(dim) });
  const types = mapValues(graph.types, type);
  const isEmpty = (value: ValueName) => types[value]?.shape.includes(0) === true;
  /** Values that became another's: of a concatenation with one part left, of a mask of no tokens. */
  const sameAs = new Map<ValueName, ValueName>();
  const resolve = (value: ValueName) => sameAs.get(value) ?? value;
  const nodes: Node[] = [];
  for (const original of graph.nodes) {
    if (original.outputs.every(isEmpty)) continue;
    const node = withAttributes(renamed(original, resolve), dim);
    if (node.op === "concat") {
      const parts = node.inputs.parts.filter((part) => !isEmpty(part));
      const [only] = parts;
      if (parts.length === 1 && only !== undefined) sameAs.set(node.outputs[0] ?? "", only);
      else nodes.push({ ...node, inputs: { parts } });
    } else if (node.op === "split") {
      const kept = node.outputs.flatMap((output, i) =>
        isEmpty(output) ? [] : [[output, node.attributes.sizes[i] ?? 0] as const],
      );
      const [only] = kept;
      if (kept.length === 1 && only !== undefined) sameAs.set(only[0], node.inputs.x);
      else {
        const sizes = kept.map(([, size]) => size);
        nodes.push({ ...node, attributes: { ...node.attributes, sizes }, outputs: kept.map(([output]) => output) });
      }
    } else if (node.op === "maskTokens" && isEmpty(node.inputs.tokens)) {
      sameAs.set(node.outputs[0] ?? "", node.inputs.x);
    } else if (node.op === "attention") {
      nodes.push(withoutEmptySegments(node, isEmpty));
    } else {
      nodes.push(node);
    }
  }
  const named = mapValues(graph.outputs, resolve);
  const full = (entries: Readonly<Record<string, TensorType>>) =>
    Object.fromEntries(Object.entries(entries).flatMap(([name, t]) => (isEmpty(name) ? [] : [[name, type(t)]])));
  return {
    ...graph,
    inputs: full(graph.inputs),
    weights: full(graph.weights),
    nodes,
    outputs: Object.fromEntries(Object.entries(named).filter(([, value]) => !isEmpty(value))),
    types,
    carries: {},
  };
}

/** Drops keys and values without rows, and a mask of them; there is another segment, or there would be no output. */
function withoutEmptySegments(node: Node<"attention">, isEmpty: (value: ValueName) => boolean): Node<"attention"> {
  const { keys, values, mask, ...others } = node.inputs;
  const kept = keys.map((key) => !isEmpty(key));
  return {
    ...node,
    inputs: {
      ...others,
      keys: keys.filter((_, i) => kept[i]),
      values: values.filter((_, i) => kept[i]),
      ...(mask !== undefined && !isEmpty(mask) && { mask }),
    },
  };
}

/** A dimension with 0 in the place of some names. */
function withZeros(dim: Dim, zero: ReadonlySet<string>): Dim {
  if (typeof dim === "number") return dim;
  const left = dimTerms(dim).filter(({ names }) => !names.some((name) => zero.has(name)));
  const [only] = left;
  if (only === undefined) return 0;
  if (left.length === 1 && only.names.length === 0) return only.coefficient;
  return canonical(left.map(({ coefficient, names }) => [String(coefficient), ...names].join("*")).join(" + "));
}

/** The node with other names in its inputs. */
function renamed(node: Node, rename: (value: ValueName) => ValueName): Node {
  if (!nodeInputs(node).some((value) => rename(value) !== value)) return node;
  const change = (input: ValueName | readonly ValueName[] | undefined) =>
    input === undefined ? undefined : typeof input === "string" ? rename(input) : input.map(rename);
  // The names of the inputs, and so the kind of the node, stay as they are.
  return { ...node, inputs: mapValues(node.inputs as Readonly<Record<string, ValueName>>, change) } as Node;
}

/** The node with shapes and sizes in its attributes as they are now. */
function withAttributes(node: Node, dim: (d: Dim) => Dim): Node {
  if (node.op === "reshape" || node.op === "expand") {
    return { ...node, attributes: { ...node.attributes, shape: node.attributes.shape.map(dim) } };
  }
  if (node.op === "split")
    return { ...node, attributes: { ...node.attributes, sizes: node.attributes.sizes.map(dim) } };
  return node;
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
