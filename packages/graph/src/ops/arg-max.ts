// argMax: the best entry of each row, so that a greedy search reads a number per row instead of a vocabulary.
import type { TensorType } from "../graph.ts";
import { dims, type OpDefinition } from "./op.ts";

/**
 * x float32 [R, V], V ≥ 1 → int32 [R]: where the largest value of each row stands, the first of equal ones; −1 for a bad
 * row, which holds a NaN or +∞, or nothing finite. (−∞ beside finite values is an entry that cannot win.)
 */
export const argMax: OpDefinition<{ readonly x: TensorType }, object> = {
  infer({ x }, _, fail) {
    const [r] = dims("x", x, "float32", 2, fail);
    if (x.shape[1] === 0) fail({ problem: "a row holds nothing to choose from" });
    return [{ dtype: "int32", shape: [r ?? 0] }];
  },
};
