// logSumExp: what a logit has to be reduced by to be a log-probability.
import type { TensorType } from "../graph.ts";
import { dims, type OpDefinition } from "./op.ts";

/** x float32 [R, V], V ≥ 1 → float32 [R]: log Σ exp(x) of each row, NaN for a bad row (see argMax). */
export const logSumExp: OpDefinition<{ readonly x: TensorType }, object> = {
  infer({ x }, _, fail) {
    const [r] = dims("x", x, "float32", 2, fail);
    if (x.shape[1] === 0) fail({ problem: "a row holds nothing to sum" });
    return [{ dtype: "float32", shape: [r ?? 0] }];
  },
};
