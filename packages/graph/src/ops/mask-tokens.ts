// maskTokens: forbids a few entries of each row, named by a sparse list instead of a mask of the row's length.
import type { TensorType } from "../graph.ts";
import { dims, type OpDefinition, sameDim } from "./op.ts";

/**
 * x float32 [R, V], tokens int32 [R, N] → [R, V]: x with the most negative finite float32 (−3.4028235e38) at the tokens
 * of its row. A token is from 0 to V − 1, or −1 for none; one may stand there twice, and N may be 0. Any other is a
 * caller's bug.
 */
export const maskTokens: OpDefinition<{ readonly x: TensorType; readonly tokens: TensorType }, object> = {
  infer({ x, tokens }, _, fail) {
    const [r] = dims("x", x, "float32", 2, fail);
    const [tokenRows] = dims("tokens", tokens, "int32", 2, fail);
    sameDim("rows of x and of tokens", tokenRows, r, fail);
    return [x];
  },
};
