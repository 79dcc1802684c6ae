// argMax → ArgMax, with −1 put in for bad rows.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";
import { indicesOfGoodRows, rowMaximum } from "./choice.ts";

/** Eight nodes. [R, V] → [R, 1] → [R] */
export function argMax({ inputs }: Node<"argMax">, e: Emitter): readonly string[] {
  const x = e.nameOf(inputs.x);
  const { good } = rowMaximum(e, x);
  const best = e.node("ArgMax", [x], { axis: 1, keepdims: 1, select_last_index: 0 });
  return [e.node("Squeeze", [indicesOfGoodRows(e, good, best), e.ints([1])])];
}
