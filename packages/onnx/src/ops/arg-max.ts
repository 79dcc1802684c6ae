// argMax → ArgMax, with −1 put in for bad rows.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";
import { bestOfRow, indicesOfGoodRows, rowMaximum } from "./choice.ts";

/** Eight nodes. [R, V] → [R, 1] → [R] */
export function argMax({ inputs }: Node<"argMax">, e: Emitter): readonly string[] {
  const x = e.nameOf(inputs.x);
  const { good } = rowMaximum(e, x);
  return [e.node("Squeeze", [indicesOfGoodRows(e, good, bestOfRow(e, x)), e.ints([1])])];
}
