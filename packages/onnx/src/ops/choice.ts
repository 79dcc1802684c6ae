// What argMax, topK and logSumExp share: how far each entry is below the best of its row, and which rows are bad.
// ONNX leaves open what its own ops make of NaN, so nothing here depends on it but that arithmetic keeps a NaN.
import type { Emitter } from "../emitter.ts";
import { int32DataType } from "../model.ts";

/** Values that more than one op asks for; ONNX Runtime computes equal nodes once. */
export interface RowMaximum {
  /** float32 [R, 1] */
  readonly max: string;
  /** x − max, float32 [R, V]; at most 0 in a good row. */
  readonly below: string;
  /** bool [R, 1]: whether the row is good. With NaN, +∞ or nothing finite in it, a difference is NaN, and so is their sum. */
  readonly good: string;
}

/** x float32 [R, V] */
export function rowMaximum(e: Emitter, x: string): RowMaximum {
  const max = e.node("ReduceMax", [x], { axes: [1], keepdims: 1 });
  const below = e.node("Sub", [x, max]);
  const sum = e.node("ReduceSum", [below, e.ints([1])], { keepdims: 1 });
  return { max, below, good: e.node("LessOrEqual", [sum, e.float32(0)]) };
}

/** Indices int64 of any shape that [R, 1] broadcasts to, as int32, −1 in bad rows. */
export function indicesOfGoodRows(e: Emitter, good: string, indices: string): string {
  return e.node("Where", [good, e.node("Cast", [indices], { to: int32DataType }), e.int32(-1)]);
}
