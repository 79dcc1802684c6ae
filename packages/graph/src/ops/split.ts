// split: cuts a value along one axis into parts of given sizes; the inverse of concat.
import { addDims, canonical, type Dim } from "../dim.ts";
import { formatType, type TensorType } from "../graph.ts";
import { type OpDefinition, sameDim } from "./op.ts";

/** x, sizes that add up to its axis → one output per size; a size may be a named dimension and may be 0 in a run. */
export const split: OpDefinition<
  { readonly x: TensorType },
  { readonly axis: number; readonly sizes: readonly Dim[] }
> = {
  infer({ x }, { axis, sizes }, fail) {
    if (x.shape[axis] === undefined) fail({ problem: `there is no axis ${axis}`, got: formatType(x) });
    sameDim("sizes of the parts and the axis", sizes.reduce(addDims, 0), x.shape[axis], fail);
    return sizes.map((size) => ({ dtype: x.dtype, shape: x.shape.map((n, i) => (i === axis ? canonical(size) : n)) }));
  },
};
