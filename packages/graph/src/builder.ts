// Builds graphs. A builder carries a path, so that code which walks down a model reads like the checkpoint's names:
// `b.at("attention").at("self").weight("query.weight", [D, D])`. Types are inferred and checked as nodes are added.
import { GlimpseError } from "@glimpsejs/base";
import { canonical, type Shape } from "./dim.ts";
import { formatType, type Graph, type Node, type TensorType, type ValueName } from "./graph.ts";
import { inferNode } from "./infer.ts";
import type { Attributes, Inputs, OpName } from "./ops/index.ts";
import type { DType } from "./tensor.ts";

/** A value under construction: its name in the graph and its type. */
export interface Value extends TensorType {
  /** Its name in the graph. */
  readonly name: ValueName;
}

type ValuesOf<I> = { readonly [K in keyof I]: I[K] extends readonly ValueName[] ? readonly Value[] : AsValue<I[K]> };
type AsValue<T> = T extends ValueName ? Value : T;

/** What the `build` callback of {@link buildGraph} works with. */
export interface Builder {
  /** Where in the model this builder stands; "" at the root. */
  readonly path: string;
  /** The same graph one level down: `b.at("layer.0")` prefixes weights and node paths with "layer.0.". */
  at(segment: string | number): Builder;
  /** A value fed at each run. `name` is absolute, not prefixed. */
  input(name: string, dtype: DType, shape: Shape): Value;
  /**
   * A weight by its checkpoint name below this path; float32 unless `dtype` says otherwise. The same weight may be
   * asked for any number of times.
   */
  weight(name: string, shape: Shape, dtype?: DType): Value;
  /** Adds a node with one output (or takes the first of several) and returns it. */
  op<O extends OpName>(op: O, inputs: ValuesOf<Inputs<O>>, attributes: Attributes<O>): Value;
  /** Adds a node and returns all its outputs. */
  ops<O extends OpName>(op: O, inputs: ValuesOf<Inputs<O>>, attributes: Attributes<O>): readonly Value[];
  /** Makes a value a result of the graph under a public, absolute name. */
  output(name: string, value: Value): void;
  /** Declares that `output` replaces `input` in the next run. */
  carry(input: string, output: string): void;
}

/** Runs `build` and returns the finished graph. Throws "invalid-graph" on the first illegal node. */
export function buildGraph(name: string, build: (b: Builder) => void): Graph {
  const inputs: Record<ValueName, TensorType> = {};
  const weights: Record<ValueName, TensorType> = {};
  const types: Record<ValueName, TensorType> = {};
  const outputs: Record<string, ValueName> = {};
  const carries: Record<ValueName, string> = {};
  const nodes: Node[] = [];
  let counter = 0;

  function declare(
    kind: string,
    valueName: string,
    dtype: DType,
    shape: Shape,
    into: Record<ValueName, TensorType>,
  ): Value {
    const type: TensorType = { dtype, shape: shape.map(canonical) };
    const known = Object.hasOwn(types, valueName) ? types[valueName] : undefined;
    if (known !== undefined && (!Object.hasOwn(into, valueName) || formatType(known) !== formatType(type))) {
      throw new GlimpseError(
        {
          subject: `${kind} "${valueName}"`,
          problem: "the name stands for something else already",
          expected: formatType(known),
          got: formatType(type),
        },
        { code: "invalid-graph" },
      );
    }
    into[valueName] = types[valueName] = type;
    return { name: valueName, ...type };
  }

  function builderAt(path: string): Builder {
    const below = (segment: string | number) => (path === "" ? String(segment) : `${path}.${segment}`);
    const addNode = <O extends OpName>(
      op: O,
      given: ValuesOf<Inputs<O>>,
      attributes: Attributes<O>,
    ): readonly Value[] => {
      // Which inputs an op has depends on O; here only their names and values matter.
      const values = given as Readonly<Record<string, Value | readonly Value[] | undefined>>;
      const inputs: Record<string, ValueName | readonly ValueName[]> = {};
      for (const [key, value] of Object.entries(values)) {
        if (value !== undefined) inputs[key] = "name" in value ? value.name : value.map((v) => v.name);
      }
      const untyped = { op, path, inputs: inputs as Inputs<O>, attributes };
      const results = inferNode(untyped, types).map((type) => ({ name: `%${counter++}`, ...type }));
      for (const { name: result, dtype, shape } of results) types[result] = { dtype, shape };
      nodes.push({ ...untyped, outputs: results.map((r) => r.name) } as unknown as Node);
      return results;
    };
    return {
      path,
      at: (segment) => builderAt(below(segment)),
      input: (inputName, dtype, shape) => declare("input", inputName, dtype, shape, inputs),
      weight: (weightName, shape, dtype = "float32") => declare("weight", below(weightName), dtype, shape, weights),
      ops: addNode,
      op(op, given, attributes) {
        const [first] = addNode(op, given, attributes);
        if (first === undefined)
          throw new GlimpseError(
            { subject: `${op} "${path}"`, problem: "it has no output" },
            { code: "invalid-graph" },
          );
        return first;
      },
      output(outputName, value) {
        outputs[outputName] = value.name;
      },
      carry(input, output) {
        carries[input] = output;
      },
    };
  }

  build(builderAt(""));
  return { name, inputs, weights, nodes, outputs, types, carries };
}
