// topK → TopK, whose ties go to the lower index, with −1 put in for bad rows.
// Without rows ONNX Runtime 1.30 divides by their number, which ends the process: TopK always has one here. Its WebGPU
// kernel takes the lowest float32, and what is below, for the end of a row: no entry is that low here.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";
import { indicesOfGoodRows, rowMaximum } from "./choice.ts";

/**
 * Four nodes besides those of the maximum; where the number of rows is known at run time only, those too that add a row to
 * none and take it away.
 */
export function topK({ inputs, attributes }: Node<"topK">, e: Emitter): readonly string[] {
  const x = e.nameOf(inputs.x);
  const [rows = 0] = e.typeOf(inputs.x).shape;
  const { good } = rowMaximum(e, x);
  const order = { axis: 1, largest: 1, sorted: 1 };
  const known = typeof rows === "number" && rows > 0;
  const ranked = e.target === "webgpu" ? aboveLowest(e, x) : x;
  const from = known ? ranked : withRow(e, ranked, e.size(rows));
  const found = e.nodeWithOutputs("TopK", [from, e.size(attributes.k)], order, 2);
  const [values = "", indices = ""] = known
    ? found
    : found.map((all) => e.node("Slice", [all, e.ints([0]), e.size(rows), e.ints([0])]));
  const told = e.target === "webgpu" ? e.node("Add", [values, values]) : values;
  return [told, indicesOfGoodRows(e, good, indices)];
}

/** x / 2, which keeps the order and lies above the lowest float32, with the number next to that for −∞: twice it is −∞. */
function aboveLowest(e: Emitter, x: string): string {
  return e.node("Max", [e.node("Mul", [x, e.float32(0.5)]), e.float32(-3.4028232635611926e38)]);
}

/** x [R, V] → [max(R, 1), V] */
function withRow(e: Emitter, x: string, rows: string): string {
  const missing = e.node("Max", [e.node("Sub", [e.ints([1]), rows]), e.ints([0])]);
  return e.node("Pad", [x, e.node("Concat", [e.ints([0, 0]), missing, e.ints([0])], { axis: 0 })]);
}
