// What the lowerings write into: a growing list of ONNX nodes and constants, and sizes that are computed at run time.
// It knows nothing about the ops of the IR.
import {
  bindable,
  bytesPerElement,
  canonical,
  type Dim,
  type DType,
  dimTerms,
  elementCount,
  type Graph,
  nodeInputs,
  type Shape,
  type TensorType,
  type ValueName,
} from "@glimpsejs/graph";
import { float32DataType, type OnnxAttribute, type OnnxNode, type OnnxTensor } from "./model.ts";
import type { OnnxTarget } from "./target.ts";
import type { OnnxWeight } from "./to-onnx.ts";

/** Values that are not joined, with the parts that they would be joined of; see lowerGraph(). */
export type Apart = ReadonlyMap<ValueName, readonly ValueName[]>;

/** Collects the ONNX nodes of one graph. Strings that methods take and return are names of ONNX values. */
export class Emitter {
  readonly nodes: OnnxNode[] = [];
  readonly constants = new Map<string, OnnxTensor>();
  /** Weights, in the form in which nodes read them. */
  readonly weights = new Map<string, OnnxTensor>();
  /** What the model is to run on. */
  readonly target: OnnxTarget;
  /** Where in the model the node being lowered stands; the names of new nodes begin with it. */
  path = "";
  private readonly graph: Graph;
  private readonly apart: Apart;
  private readonly used: ReadonlySet<ValueName>;
  private readonly names = new Map<ValueName, string>();
  private readonly taken = new Set<string>();
  private readonly sizes = new Map<Dim, string>();
  private readonly weightOf: (name: string) => OnnxWeight;
  private readonly stored = new Map<string, OnnxWeight>();
  private readonly shared = new Map<string, readonly string[]>();

  constructor(graph: Graph, weightOf: (name: string) => OnnxWeight, target: OnnxTarget, apart: Apart) {
    this.graph = graph;
    this.apart = apart;
    this.weightOf = weightOf;
    this.target = target;
    this.used = new Set([...Object.values(graph.outputs), ...graph.nodes.flatMap(nodeInputs)]);
    for (const name of Object.keys(graph.inputs)) this.bind(name, name);
    for (const name of [...Object.keys(graph.weights), ...Object.keys(graph.outputs)]) this.taken.add(name);
  }

  /** Says which ONNX value holds a value of the graph. */
  bind(value: ValueName, name: string): void {
    this.names.set(value, name);
    this.taken.add(name);
  }

  /** The ONNX value that holds a value of the graph; a weight enters the model when it is first asked for. */
  nameOf(value: ValueName): string {
    if (!this.names.has(value) && Object.hasOwn(this.graph.weights, value)) this.enter(value);
    return this.names.get(value) ?? value;
  }

  /** Whether a value is a weight of the graph. */
  isWeight(value: ValueName): boolean {
    return Object.hasOwn(this.graph.weights, value);
  }

  /** A weight as it is stored, for lowerings that give it another form with {@link weight}. */
  storedWeight(value: ValueName): OnnxWeight {
    const stored = this.stored.get(value) ?? this.weightOf(value);
    this.stored.set(value, stored);
    return stored;
  }

  /** Enters a weight in a form of its own, once under one name; returns the name. */
  weight(name: string, dtype: DType, shape: readonly number[], data: OnnxTensor["data"]): string {
    const byteLength = elementCount(shape) * bytesPerElement[dtype];
    if (!this.weights.has(name)) this.weights.set(name, { name, dtype, shape, byteLength, data });
    this.taken.add(name);
    return name;
  }

  /** The type that a value has in the graph. */
  typeOf(value: ValueName): TensorType {
    return this.graph.types[value] ?? { dtype: "float32", shape: [] };
  }

  /** The parts of a value that is left apart; of any other the value alone. */
  partsOf(value: ValueName): readonly ValueName[] {
    return this.apart.get(value) ?? [value];
  }

  /** Whether anything reads a value. */
  isUsed(value: ValueName): boolean {
    return this.used.has(value);
  }

  /** Adds a node with one output and returns it. Ops of ONNX Runtime are written "com.microsoft.Gelu". */
  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}): string {
    return this.add(op, inputs, attributes, (name) => [name]).join();
  }

  /** Adds a node with `count` outputs and returns them. */
  nodeWithOutputs(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>>,
    count: number,
  ): readonly string[] {
    return this.add(op, inputs, attributes, (name) => Array.from({ length: count }, (_, i) => `${name}:${i}`));
  }

  /** What `make` returned when it was called for this key first: for values that several nodes need. */
  once(key: string, make: () => readonly string[]): readonly string[] {
    const known = this.shared.get(key) ?? make();
    this.shared.set(key, known);
    return known;
  }

  /** A constant list of int64, shape [n]. */
  ints(values: readonly number[]): string {
    return this.constant("int64", `[${values.join(", ")}]`, BigInt64Array.from(values, BigInt));
  }

  /** A constant int32, shape [1]. */
  int32(value: number): string {
    return this.constant("int32", `${value}`, Int32Array.of(value));
  }

  /** A constant float32, shape [1]. */
  float32(value: number): string {
    return this.constant("float32", `${value}`, Float32Array.of(value));
  }

  /** A dimension as an int64 of shape [1]: a constant, or computed from the shapes of the graph's inputs. */
  size(dim: Dim): string {
    if (typeof dim === "number") return this.ints([dim]);
    const known = this.sizes.get(dim);
    if (known !== undefined) return known;
    const terms = dimTerms(dim).map(({ coefficient, names }) => {
      const factors = names.map((name) => this.namedSize(name));
      if (coefficient !== 1 || factors.length === 0) factors.push(this.ints([coefficient]));
      return factors.reduce((a, b) => this.node("Mul", [a, b]));
    });
    const size = terms.reduce((a, b) => this.node("Add", [a, b]));
    this.sizes.set(dim, size);
    return size;
  }

  /** A shape as int64 [rank]: a constant where every dimension is a number. */
  shape(shape: Shape): string {
    const sizes = shape.filter((dim) => typeof dim === "number");
    if (sizes.length === shape.length) return this.ints(sizes);
    return this.node(
      "Concat",
      shape.map((dim) => this.size(dim)),
      { axis: 0 },
    );
  }

  /** x under another shape, which has the same elements in every run. */
  reshape(x: string, from: Shape, to: Shape): string {
    const target = to.map(canonical);
    // Cheap forms first: 0 copies the dimension of x, -1 is what remains (not legal beside an empty dimension).
    const cheap = target.map((dim, i) => (typeof dim === "number" ? dim : dim === from[i] ? 0 : -1));
    const inferred = cheap.filter((n) => n === -1).length;
    const copied = cheap.filter((n, i) => n === 0 && target[i] !== 0).length;
    if (!target.includes(0) && (inferred === 0 || (inferred === 1 && copied === 0))) {
      return this.node("Reshape", [x, this.ints(cheap)]);
    }
    return this.node("Reshape", [x, this.shape(target)], { allowzero: 1 });
  }

  /** A weight in the form in which it is stored, with a Cast where the graph has it as float32 and the file has not. */
  private enter(value: ValueName): void {
    const { dtype, data } = this.storedWeight(value);
    const type = this.typeOf(value);
    this.weight(value, dtype, type.shape.map(Number), data);
    const { path } = this;
    this.path = value;
    const cast = dtype !== type.dtype && type.dtype === "float32";
    this.bind(value, cast ? this.node("Cast", [value], { to: float32DataType }) : value);
    this.path = path;
  }

  private namedSize(name: string): string {
    const known = this.sizes.get(name);
    if (known !== undefined) return known;
    for (const [input, type] of Object.entries(this.graph.inputs)) {
      for (const [axis, dim] of type.shape.entries()) {
        const unknown = bindable(dim);
        if (unknown?.name !== name) continue;
        const length = this.node("Shape", [input], { start: axis, end: axis + 1 });
        const size = unknown.factor === 1 ? length : this.node("Div", [length, this.ints([unknown.factor])]);
        this.sizes.set(name, size);
        return size;
      }
    }
    throw new TypeError(`dimension "${name}": no input has an axis that says its size. Run verify(graph) first.`);
  }

  private constant(
    dtype: "float32" | "int32" | "int64",
    text: string,
    { buffer, length, byteLength }: Float32Array | Int32Array | BigInt64Array,
  ): string {
    const name = `${dtype} ${text}`;
    this.constants.set(name, { name, dtype, shape: [length], byteLength, data: new Uint8Array(buffer) });
    return name;
  }

  private add(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>>,
    outputsOf: (name: string) => readonly string[],
  ): readonly string[] {
    const domain = op.startsWith("com.microsoft.") ? "com.microsoft" : "";
    const kind = op.slice(op.lastIndexOf(".") + 1);
    // A name that no value has yet: "git.encoder.layer.0.output.dense/Add", then ".../Add.2".
    const base = this.path === "" ? kind : `${this.path}/${kind}`;
    let name = base;
    for (let i = 2; this.taken.has(name); i++) name = `${base}.${i}`;
    this.taken.add(name);
    const outputs = outputsOf(name);
    this.nodes.push({ name, op: kind, domain, inputs, outputs, attributes });
    return outputs;
  }
}
