// expand → Expand, with a shape that is 1 where nothing is repeated: such an axis keeps its size.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** One node, and the nodes that compute its shape where it needs any. */
export function expand({ inputs, attributes }: Node<"expand">, e: Emitter): readonly string[] {
  const from = e.typeOf(inputs.x).shape;
  const shape = attributes.shape.map((dim, axis) => (from[axis] === dim ? 1 : dim));
  return [e.node("Expand", [e.nameOf(inputs.x), e.shape(shape)])];
}
