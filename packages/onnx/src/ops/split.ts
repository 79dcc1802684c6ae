// split → Split with the sizes as an input; sizes of 0 are legal in ONNX Runtime.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** One node, and the nodes that compute its sizes. */
export function split({ inputs, attributes, outputs }: Node<"split">, e: Emitter): readonly string[] {
  const { axis, sizes } = attributes;
  return e.nodeWithOutputs("Split", [e.nameOf(inputs.x), e.shape(sizes)], { axis }, outputs.length);
}
