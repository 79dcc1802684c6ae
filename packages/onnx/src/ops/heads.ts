// Two layouts of one tensor: a row per token with the heads side by side, or a block of rows per head.
import type { Shape } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** [B, T, H·d] → [B, T, H, d], which costs nothing. `shape` is x's. */
export function headsApart(e: Emitter, x: string, shape: Shape, heads: number): string {
  const [b = 0, t = 0, width = 0] = shape;
  return e.reshape(x, shape, [b, t, heads, Number(width) / heads]);
}

/** [B, T, H·d] → [B, H, T, d]. `shape` is x's. */
export function headsFirst(e: Emitter, x: string, shape: Shape, heads: number): string {
  return e.node("Transpose", [headsApart(e, x, shape, heads)], { perm: [0, 2, 1, 3] });
}

/** [B, H, T, d] → [B, T, H·d]. `shape` is the result's. */
export function headsLast(e: Emitter, x: string, shape: Shape, heads: number): string {
  const [b = 0, t = 0, width = 0] = shape;
  const apart = [b, t, heads, Number(width) / heads];
  return e.reshape(e.node("Transpose", [x], { perm: [0, 2, 1, 3] }), apart, shape);
}
