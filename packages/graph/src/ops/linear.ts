// linear: y = x · weightᵀ + bias, weights stored as in PyTorch ([out, in]).
import type { TensorType } from "../graph.ts";
import { dims, type OpDefinition, sameDim } from "./op.ts";

/** x [..., K], weight [N, K], bias? [N] → y [..., N], all float32. */
export const linear: OpDefinition<
  { readonly x: TensorType; readonly weight: TensorType; readonly bias?: TensorType | undefined },
  object
> = {
  infer({ x, weight, bias }, _, fail) {
    const [n, k] = dims("weight", weight, "float32", 2, fail);
    dims("x", x, "float32", Math.max(1, x.shape.length), fail);
    sameDim("inner dimensions", x.shape.at(-1), k, fail);
    if (bias !== undefined) sameDim("bias and output dimension", dims("bias", bias, "float32", 1, fail)[0], n, fail);
    return [{ dtype: "float32", shape: [...x.shape.slice(0, -1), n ?? 0] }];
  },
};
