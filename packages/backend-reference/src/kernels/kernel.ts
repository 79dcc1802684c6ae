// What a kernel is: one op as a function of tensors, its inputs named and typed as in the op's definition.
import type { Problem } from "@glimpsejs/base";
import type { Attributes, Dim, HostTensor, Inputs, OpName } from "@glimpsejs/graph";

/** Computes the outputs of one node. Inputs are never written to; an output may share the memory of an input. */
export type Kernel<O extends OpName> = (
  inputs: { readonly [K in keyof Inputs<O>]: TensorFor<Inputs<O>[K]> },
  attributes: Attributes<O>,
  run: KernelRun,
) => readonly HostTensor[];

/** What a kernel may ask of the run it is part of. */
export interface KernelRun {
  /** The size that a dimension of an attribute has in this run. */
  size(dim: Dim): number;
  /** Throws the error of a value that the op cannot compute with, an id outside its table; names the node. */
  fail(problem: Omit<Problem, "subject">): never;
}

/** The tensors that a kernel gets for an input: one, or a list where the op takes a list. */
export type TensorFor<T> = T extends string ? HostTensor : T extends readonly string[] ? readonly HostTensor[] : T;
