// splitHeads: the layout of keys and values in attention and in the KV cache, one contiguous block per head.
import { divideDim } from "../dim.ts";
import type { TensorType } from "../graph.ts";
import { dims, type OpDefinition } from "./op.ts";

/** x float32 [B, T, H·d] → [B, H, T, d]; H is the attribute heads, from 1. */
export const splitHeads: OpDefinition<{ readonly x: TensorType }, { readonly heads: number }> = {
  infer({ x }, { heads }, fail) {
    const [b, t, width] = dims("x", x, "float32", 3, fail);
    const d = divideDim(width ?? 0, heads);
    if (d === undefined)
      return fail({
        problem: "the width is not a multiple of the heads",
        expected: `a multiple of ${heads}`,
        got: `${width}`,
      });
    return [{ dtype: "float32", shape: [b ?? 0, heads, t ?? 0, d] }];
  },
};
