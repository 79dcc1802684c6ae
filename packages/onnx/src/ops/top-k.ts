// topK → TopK, whose ties go to the lower index, with −1 put in for bad rows; for the one best, what argMax computes too.
// Without rows ONNX Runtime 1.30 divides by their number, which ends the process: TopK always has one here.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";
import { bestOfRow, indicesOfGoodRows, rowMaximum } from "./choice.ts";

/**
 * Three nodes besides those of the maximum; with TopK, where the number of rows is known at run time only, those too that
 * add a row to none and take it away.
 */
export function topK({ inputs, attributes }: Node<"topK">, e: Emitter): readonly string[] {
  const x = e.nameOf(inputs.x);
  const [rows = 0] = e.typeOf(inputs.x).shape;
  const { max, good } = rowMaximum(e, x);
  // ONNX Runtime runs every node whatever outputs are asked for, and shares equal ones.
  if (attributes.k === 1) return [max, indicesOfGoodRows(e, good, bestOfRow(e, x))];
  const order = { axis: 1, largest: 1, sorted: 1 };
  const known = typeof rows === "number" && rows > 0;
  const from = known ? x : withRow(e, x, e.size(rows));
  const found = e.nodeWithOutputs("TopK", [from, e.ints([attributes.k])], order, 2);
  const [values = "", indices = ""] = known
    ? found
    : found.map((all) => e.node("Slice", [all, e.ints([0]), e.size(rows), e.ints([0])]));
  return [values, indicesOfGoodRows(e, good, indices)];
}

/** x [R, V] → [max(R, 1), V] */
function withRow(e: Emitter, x: string, rows: string): string {
  const missing = e.node("Max", [e.node("Sub", [e.ints([1]), rows]), e.ints([0])]);
  return e.node("Pad", [x, e.node("Concat", [e.ints([0, 0]), missing, e.ints([0])], { axis: 0 })]);
}
