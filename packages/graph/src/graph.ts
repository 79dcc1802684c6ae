// What a graph is: plain data that can be printed, compared and rewritten. Values are strings; every value has one
// type; nodes stand in an order in which they can run. Building is builder.ts's business, legality verify.ts's.
import type { Shape } from "./dim.ts";
import type { Attributes, Inputs, OpName } from "./ops/index.ts";
import type { DType } from "./tensor.ts";

/**
 * Element type and shape of a value. Graphs compute in float32; ids, positions and row numbers are int32; quantized
 * weights are int8 or uint8.
 */
export interface TensorType {
  /** Element type. */
  readonly dtype: DType;
  /** Sizes, outermost first: numbers, or dimensions with names. */
  readonly shape: Shape;
}

/** The name of a value: an input's name, a weight's checkpoint name, or `%n` for a node's output. */
export type ValueName = string;

/** One operation. `path` says where in the model it stands ("git.encoder.layer.0.attention.self.query"). */
export type Node<O extends OpName = OpName> = O extends OpName
  ? {
      /** Name of the op, which says what the rest means. */
      readonly op: O;
      /** Where in the model it stands; need not be unique. */
      readonly path: string;
      /** Values by the op's names for them; a list where the op takes any number. */
      readonly inputs: Inputs<O>;
      /** Constants of the op, such as an axis. */
      readonly attributes: Attributes<O>;
      /** Names of its results, in the order of the op. */
      readonly outputs: readonly ValueName[];
    }
  : never;

/** A whole computation. Everything a backend needs except the weights' bytes. */
export interface Graph {
  /** Such as "decoder": as errors and profiles call it. */
  readonly name: string;
  /** Values fed at each run. */
  readonly inputs: Readonly<Record<ValueName, TensorType>>;
  /**
   * Weights by checkpoint name, with the type they have in the graph. A float32 weight may be stored as another float
   * dtype; of any other dtype is exactly what is stored.
   */
  readonly weights: Readonly<Record<ValueName, TensorType>>;
  /** Operations in an order in which they can run. */
  readonly nodes: readonly Node[];
  /** Results by public name. */
  readonly outputs: Readonly<Record<string, ValueName>>;
  /** The type of every value. */
  readonly types: Readonly<Record<ValueName, TensorType>>;
  /**
   * Which output replaces which input in the next run (the KV cache): input name to output name. A run consumes
   * carried feeds, so a backend may write the output into the input's memory.
   */
  readonly carries: Readonly<Record<ValueName, string>>;
}

/** The values a node reads, in the order of its input names; list inputs flattened. */
export function nodeInputs(node: Node): readonly ValueName[] {
  const all: readonly (ValueName | readonly ValueName[] | undefined)[] = Object.values(node.inputs);
  return all.flat().filter((v) => v !== undefined);
}

/** Writes a type as `float32[batch, 197, 768]`. */
export function formatType(type: TensorType): string {
  return `${type.dtype}[${type.shape.join(", ")}]`;
}
