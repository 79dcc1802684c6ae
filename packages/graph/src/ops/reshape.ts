// reshape: the same elements in the same order under another shape.
import { canonical, type Shape, shapeProduct } from "../dim.ts";
import type { TensorType } from "../graph.ts";
import type { OpDefinition } from "./op.ts";

/** x, a shape with the same product in every run → x with that shape. */
export const reshape: OpDefinition<{ readonly x: TensorType }, { readonly shape: Shape }> = {
  infer({ x }, attributes, fail) {
    const shape = attributes.shape.map(canonical);
    if (shapeProduct(shape) !== shapeProduct(x.shape)) {
      fail({
        problem: "the number of elements differs",
        expected: `${shapeProduct(x.shape)}`,
        got: `${shapeProduct(shape)}`,
      });
    }
    return [{ dtype: x.dtype, shape }];
  },
};
