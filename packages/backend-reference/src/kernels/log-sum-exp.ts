// logSumExp: log Σ exp of each row, summed in double precision around the maximum.
import { float32 } from "@glimpsejs/graph";
import { floats } from "../tensor.ts";
import type { Kernel } from "./kernel.ts";
import { isBad, rowsOf } from "./rows.ts";

/** x [R, V] → [R], NaN for a bad row */
export const logSumExp: Kernel<"logSumExp"> = ({ x }) => {
  const [r = 0, v = 1] = x.shape;
  return [float32(rowsOf(floats(x), v).map(sum), [r])];
};

function sum(row: Float32Array): number {
  if (isBad(row)) return Number.NaN;
  const max = row.reduce((a, b) => Math.max(a, b));
  return max + Math.log(row.reduce((total, value) => total + Math.exp(value - max), 0));
}
