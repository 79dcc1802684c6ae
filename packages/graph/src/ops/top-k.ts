// topK: the best entries of each row, all that beams and most samplers need of a vocabulary.
import { canonical, type Dim } from "../dim.ts";
import { formatType, type TensorType } from "../graph.ts";
import { dims, type OpDefinition } from "./op.ts";

/**
 * x float32 [R, V], 1 ≤ k ≤ V → values float32 [R, k], indices int32 [R, k]: the k largest of each row, best first, equal
 * ones by lower index. A bad row (see argMax) has −1 for every index; its values then mean nothing. k may be a named
 * dimension, so that each run says how many it wants; it is from 1 to V in every run.
 */
export const topK: OpDefinition<{ readonly x: TensorType }, { readonly k: Dim }> = {
  infer({ x }, { k }, fail) {
    const [r, v] = dims("x", x, "float32", 2, fail);
    if (typeof v !== "number" || (typeof k === "number" && !(Number.isInteger(k) && k >= 1 && k <= v))) {
      fail({ problem: `there are no ${k} best of a row`, expected: "1 ≤ k ≤ V, V a number", got: formatType(x) });
    }
    const shape = [r ?? 0, canonical(k)];
    return [
      { dtype: "float32", shape },
      { dtype: "int32", shape },
    ];
  },
};
