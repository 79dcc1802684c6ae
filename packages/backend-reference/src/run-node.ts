// One node, computed by its kernel: looks up the inputs, and hands them over under the names that the op gives them.
import { GlimpseError } from "@glimpsejs/base";
import {
  type Attributes,
  type Bindings,
  evaluateDim,
  type HostTensor,
  type Node,
  type OpName,
  type ValueName,
} from "@glimpsejs/graph";
import { kernels } from "./kernels/index.ts";
import type { KernelRun } from "./kernels/kernel.ts";

/**
 * The outputs of one node of a verified graph, in order. `lookUp` gives the values of its inputs, `bindings` the sizes
 * of the graph's named dimensions in this run (from `bindFeeds()`). Inputs are not written to; an output may share
 * their memory. Throws "invalid-argument" for values that the op cannot compute with, such as an id outside its table,
 * and TypeError where an input is missing.
 */
export function runNode(
  node: Node,
  lookUp: (value: ValueName) => HostTensor | undefined,
  bindings: Bindings,
): readonly HostTensor[] {
  const subject = `${node.op} "${node.path}"`;
  const inputOf = (name: ValueName): HostTensor => {
    const value = lookUp(name);
    if (value === undefined) throw new TypeError(`${subject}: the value "${name}" was not computed.`);
    return value;
  };
  const inputs: Record<string, HostTensor | readonly HostTensor[]> = {};
  for (const [name, value] of Object.entries<ValueName | readonly ValueName[] | undefined>(node.inputs)) {
    if (value !== undefined) inputs[name] = typeof value === "string" ? inputOf(value) : value.map(inputOf);
  }
  const run: KernelRun = {
    size: (dim) => evaluateDim(dim, bindings),
    fail(problem) {
      throw new GlimpseError({ subject, ...problem }, { code: "invalid-argument" });
    },
  };
  // The table pairs each op with its own kernel; indexing by a union loses that, and verify() has checked the node.
  const kernel = kernels[node.op] as (
    inputs: object,
    attributes: Attributes<OpName>,
    run: KernelRun,
  ) => readonly HostTensor[];
  return kernel(inputs, node.attributes, run);
}
