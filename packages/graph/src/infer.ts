// Shape inference: the output types of one node from the types of its inputs.
import { GlimpseError } from "@glimpsejs/base";
import type { TensorType, ValueName } from "./graph.ts";
import { type Attributes, type Inputs, type OpName, ops } from "./ops/index.ts";
import { failAt, type InputTypes, type OpDefinition } from "./ops/op.ts";

/** The part of a node that inference needs. */
export interface UntypedNode<O extends OpName = OpName> {
  readonly op: O;
  readonly path: string;
  readonly inputs: Inputs<O>;
  readonly attributes: Attributes<O>;
}

/** Output types of a node; throws "invalid-graph", naming the node, when the op's rule does not allow it. */
export function inferNode<O extends OpName>(
  node: UntypedNode<O>,
  types: Readonly<Record<ValueName, TensorType>>,
): readonly TensorType[] {
  const typeOf = (value: ValueName): TensorType => {
    const type = types[value];
    if (type === undefined) {
      throw new GlimpseError(
        { subject: `${node.op} "${node.path}"`, problem: `the value "${value}" is not defined before it is used` },
        { code: "invalid-graph" },
      );
    }
    return type;
  };
  const inputs: Record<string, TensorType | readonly TensorType[] | undefined> = {};
  for (const [name, value] of Object.entries<ValueName | readonly ValueName[] | undefined>(node.inputs)) {
    inputs[name] = value === undefined ? undefined : typeof value === "string" ? typeOf(value) : value.map(typeOf);
  }
  // The table pairs each op with its own rule; indexing by a type parameter loses that, so it is restated here.
  const definition = ops[node.op] as OpDefinition<InputTypes, Attributes<O>> | undefined;
  const fail = failAt(node.op, node.path);
  if (definition === undefined) return fail({ problem: "there is no such op", expected: Object.keys(ops).join(", ") });
  return definition.infer(inputs, node.attributes, fail);
}
