// logSumExp → max + Log(ReduceSum(Exp(x − max))). ReduceLogSumExp is one node, but runs element by element on CPU.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";
import { rowMaximum } from "./choice.ts";

/** Ten nodes. [R, V] → [R, 1] → [R] */
export function logSumExp({ inputs }: Node<"logSumExp">, e: Emitter): readonly string[] {
  const { max, below, good } = rowMaximum(e, e.nameOf(inputs.x));
  const sum = e.node("ReduceSum", [e.node("Exp", [below]), e.ints([1])], { keepdims: 1 });
  const total = e.node("Add", [max, e.node("Log", [sum])]);
  return [e.node("Squeeze", [e.node("Where", [good, total, e.float32(Number.NaN)]), e.ints([1])])];
}
