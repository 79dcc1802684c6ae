// concat → Concat; empty parts are legal in ONNX.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** One node. */
export function concat({ inputs, attributes }: Node<"concat">, e: Emitter): readonly string[] {
  return [
    e.node(
      "Concat",
      inputs.parts.map((part) => e.nameOf(part)),
      { axis: attributes.axis },
    ),
  ];
}
