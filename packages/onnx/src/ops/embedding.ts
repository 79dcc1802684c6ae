// embedding → Gather of rows.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";
import { float32DataType } from "../model.ts";

/**
 * One node, and a Cast of the picked rows where the table is stored in another dtype: a table that was cast as a whole
 * would be in memory as a whole. ONNX Runtime refuses an id beyond the table when it runs.
 */
export function embedding({ inputs }: Node<"embedding">, e: Emitter): readonly string[] {
  const { shape } = e.typeOf(inputs.table);
  const stored = e.isWeight(inputs.table) ? e.storedWeight(inputs.table) : undefined;
  if (stored === undefined || stored.dtype === "float32") {
    return [e.node("Gather", [e.nameOf(inputs.table), e.nameOf(inputs.ids)], { axis: 0 })];
  }
  const table = e.weight(inputs.table, stored.dtype, shape.map(Number), stored.data);
  const rows = e.node("Gather", [table, e.nameOf(inputs.ids)], { axis: 0 });
  return [e.node("Cast", [rows], { to: float32DataType })];
}
