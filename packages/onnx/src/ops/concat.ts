// concat → Concat; empty parts are legal in ONNX. Or nothing, where the parts are left apart.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** One node, or none. */
export function concat({ inputs, attributes, outputs }: Node<"concat">, e: Emitter): readonly string[] {
  const [, ...rest] = e.partsOf(outputs[0] ?? "");
  if (rest.length > 0) return rest.slice(-1).map((part) => e.nameOf(part));
  return [
    e.node(
      "Concat",
      inputs.parts.map((part) => e.nameOf(part)),
      { axis: attributes.axis },
    ),
  ];
}
