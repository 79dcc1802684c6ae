// layerNorm: normalization over the last axis, (x − mean) / √(var + epsilon) · weight + bias, population variance.
import type { TensorType } from "../graph.ts";
import { dims, type OpDefinition, sameDim } from "./op.ts";

/** x float32 [..., D], weight [D], bias [D], epsilon > 0 → [..., D]. */
export const layerNorm: OpDefinition<
  { readonly x: TensorType; readonly weight: TensorType; readonly bias: TensorType },
  { readonly epsilon: number }
> = {
  infer({ x, weight, bias }, { epsilon }, fail) {
    dims("x", x, "float32", Math.max(1, x.shape.length), fail);
    sameDim("weight and x", dims("weight", weight, "float32", 1, fail)[0], x.shape.at(-1), fail);
    sameDim("bias and x", dims("bias", bias, "float32", 1, fail)[0], x.shape.at(-1), fail);
    if (!(epsilon > 0)) fail({ problem: "epsilon is not positive", expected: "> 0", got: String(epsilon) });
    return [x];
  },
};
