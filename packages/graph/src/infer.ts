// Shape inference: the output types of one node from the types of its inputs.
import { GlimpseError, show } from "@glimpsejs/base";
import type { TensorType, ValueName } from "./graph.ts";
import { type Attributes, type Inputs, type OpName, ops } from "./ops/index.ts";
import { failAt, type InputTypes, type OpDefinition } from "./ops/op.ts";

/** The part of a node that inference needs. */
export interface UntypedNode<O extends OpName = OpName> {
  /** Name of the op. */
  readonly op: O;
  /** Where in the model it stands. */
  readonly path: string;
  /** Values by the op's names for them. */
  readonly inputs: Inputs<O>;
  /** Constants of the op. */
  readonly attributes: Attributes<O>;
}

/** Output types of a node; throws "invalid-graph", naming the node, when the op's rule does not allow it. */
export function inferNode<O extends OpName>(
  node: UntypedNode<O>,
  types: Readonly<Record<ValueName, TensorType>>,
): readonly TensorType[] {
  const typeOf = (value: ValueName): TensorType => {
    const type = Object.hasOwn(types, value) ? types[value] : undefined;
    if (type === undefined) {
      throw new GlimpseError(
        { subject: `${node.op} "${node.path}"`, problem: `the value "${value}" is not defined before it is used` },
        { code: "invalid-graph" },
      );
    }
    return type;
  };
  const fail = failAt(node.op, node.path);
  if (!Object.hasOwn(ops, node.op))
    return fail({ problem: "there is no such op", expected: Object.keys(ops).join(", ") });
  const inputs: Record<string, TensorType | readonly TensorType[] | undefined> = {};
  for (const [name, value] of Object.entries<ValueName | readonly ValueName[] | undefined>(node.inputs)) {
    inputs[name] = value === undefined ? undefined : typeof value === "string" ? typeOf(value) : value.map(typeOf);
  }
  // The table pairs each op with its own rule; indexing by a type parameter loses that, so it is restated here.
  const definition = ops[node.op] as OpDefinition<InputTypes, Attributes<O>>;
  try {
    return definition.infer(inputs, node.attributes, fail);
  } catch (cause) {
    if (GlimpseError.isInstance(cause)) throw cause;
    // A rule reads what the types promise it; a node written by hand may lack it.
    return fail({
      problem: "it lacks an input or attribute of the op, or has one of the wrong kind",
      got: show({ inputs: node.inputs, attributes: node.attributes }, 200),
    });
  }
}
