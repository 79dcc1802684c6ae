// embedding → Gather of rows.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** One node. ONNX Runtime refuses an id beyond the table when it runs. */
export function embedding({ inputs }: Node<"embedding">, e: Emitter): readonly string[] {
  return [e.node("Gather", [e.nameOf(inputs.table), e.nameOf(inputs.ids)], { axis: 0 })];
}
