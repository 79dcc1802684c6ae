// expand: repeats a value along axes of size 1.
import { canonical, type Shape } from "../dim.ts";
import type { TensorType } from "../graph.ts";
import type { OpDefinition } from "./op.ts";

/** x, a shape of the same rank that differs only where x has a 1 → x repeated to that shape. */
export const expand: OpDefinition<{ readonly x: TensorType }, { readonly shape: Shape }> = {
  infer({ x }, attributes, fail) {
    const shape = attributes.shape.map(canonical);
    if (shape.length !== x.shape.length || x.shape.some((n, i) => n !== 1 && n !== shape[i])) {
      fail({
        problem: "the value cannot be repeated to the shape",
        expected: `[${shape.join(", ")}]`,
        got: `[${x.shape.join(", ")}]`,
      });
    }
    return [{ dtype: x.dtype, shape }];
  },
};
