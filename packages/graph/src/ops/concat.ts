// concat: joins values along one axis.
import { addDims } from "../dim.ts";
import type { TensorType } from "../graph.ts";
import { type OpDefinition, sameDim } from "./op.ts";

/** parts of one dtype and rank, equal in all axes but `axis` (0 ≤ axis < rank) → their concatenation; parts may be empty. */
export const concat: OpDefinition<{ readonly parts: readonly TensorType[] }, { readonly axis: number }> = {
  infer({ parts }, { axis }, fail) {
    const [first, ...rest] = parts;
    if (first === undefined || first.shape[axis] === undefined)
      return fail({ problem: "nothing to join", expected: `parts with an axis ${axis}` });
    const shape = [...first.shape];
    for (const part of rest) {
      sameDim("dtypes", part.dtype, first.dtype, fail);
      sameDim("ranks", part.shape.length, shape.length, fail);
      for (const [i, n] of part.shape.entries()) {
        if (i === axis) shape[i] = addDims(shape[i] ?? 0, n);
        else sameDim(`axes ${i}`, n, shape[i], fail);
      }
    }
    return [{ dtype: first.dtype, shape }];
  },
};
