// embedding: rows of a table picked by id.
import type { TensorType } from "../graph.ts";
import { dims, type OpDefinition } from "./op.ts";

/** table float32 [V, D], ids int32 [...] with 0 ≤ id < V → [..., D]. An id outside the table is a caller's bug. */
export const embedding: OpDefinition<{ readonly table: TensorType; readonly ids: TensorType }, object> = {
  infer({ table, ids }, _, fail) {
    const [, d] = dims("table", table, "float32", 2, fail);
    dims("ids", ids, "int32", ids.shape.length, fail);
    return [{ dtype: "float32", shape: [...ids.shape, d ?? 0] }];
  },
};
