// gatherRows → Gather on x with its first two axes joined.
import { mulDims, type Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** Two nodes. [B, S, D] → [B·S, D] → [R, D] */
export function gatherRows({ inputs }: Node<"gatherRows">, e: Emitter): readonly string[] {
  const { shape } = e.typeOf(inputs.x);
  const [b = 0, s = 0, d = 0] = shape;
  const joined = e.reshape(e.nameOf(inputs.x), shape, [mulDims(b, s), d]);
  return [e.node("Gather", [joined, e.nameOf(inputs.rows)], { axis: 0 })];
}
