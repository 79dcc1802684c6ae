// gatherRows: picks the rows that are wanted before an expensive op (the head needs one row per live leaf).
import type { TensorType } from "../graph.ts";
import { dims, type OpDefinition } from "./op.ts";

/** x float32 [B, S, D], rows int32 [R], each an index into the B·S rows of x (0 ≤ row < B·S) → [R, D]. */
export const gatherRows: OpDefinition<{ readonly x: TensorType; readonly rows: TensorType }, object> = {
  infer({ x, rows }, _, fail) {
    const [, , d] = dims("x", x, "float32", 3, fail);
    const [r] = dims("rows", rows, "int32", 1, fail);
    return [{ dtype: "float32", shape: [r ?? 0, d ?? 0] }];
  },
};
