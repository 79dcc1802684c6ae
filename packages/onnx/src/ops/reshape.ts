// reshape → Reshape.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** One node, and the nodes that compute its shape where it needs any. */
export function reshape({ inputs, attributes }: Node<"reshape">, e: Emitter): readonly string[] {
  return [e.reshape(e.nameOf(inputs.x), e.typeOf(inputs.x).shape, attributes.shape)];
}
