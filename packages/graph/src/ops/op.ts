// What the definition of an op consists of, and the checks that shape rules share.
import { GlimpseError, type Problem } from "@glimpsejs/base";
import type { Dim } from "../dim.ts";
import { formatType, type TensorType } from "../graph.ts";

/** Types of a node's inputs, under the names that the op gives them. */
export type InputTypes = Readonly<Record<string, TensorType | readonly TensorType[] | undefined>>;

/**
 * The definition of one op: the shape rule, from input types and attributes to output types. A rule throws through
 * `fail` when the node is illegal. The meaning of the op is the comment above its definition; the reference kernel
 * in `backend-reference` is that meaning as code.
 */
export interface OpDefinition<I extends InputTypes, A> {
  infer(inputs: I, attributes: A, fail: Fail): readonly TensorType[];
}

/** Throws the "invalid-graph" error of the node at hand. */
export type Fail = (problem: Omit<Problem, "subject">) => never;

/** The `fail` of one node. */
export function failAt(op: string, path: string): Fail {
  return (problem) => {
    throw new GlimpseError({ subject: `${op} "${path}"`, ...problem }, { code: "invalid-graph" });
  };
}

/** Checks dtype and rank, and returns the dimensions. */
export function dims(
  name: string,
  type: TensorType,
  dtype: TensorType["dtype"],
  rank: number,
  fail: Fail,
): readonly Dim[] {
  if (type.dtype !== dtype || type.shape.length !== rank) {
    fail({ problem: `${name} has the wrong type`, expected: `${dtype} of rank ${rank}`, got: formatType(type) });
  }
  return type.shape;
}

/** Checks that two dimensions are the same size in every run. */
export function sameDim(what: string, got: Dim | undefined, expected: Dim | undefined, fail: Fail): void {
  if (got === undefined || got !== expected) {
    fail({ problem: `${what} differ`, expected: String(expected), got: String(got) });
  }
}
