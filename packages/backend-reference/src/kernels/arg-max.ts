// argMax: the best entry of each row.
import { int32 } from "@glimpsejs/graph";
import { floats } from "../tensor.ts";
import type { Kernel } from "./kernel.ts";
import { isBad, rowsOf } from "./rows.ts";

/** x [R, V] → [R], −1 for a bad row */
export const argMax: Kernel<"argMax"> = ({ x }) => {
  const [r = 0, v = 1] = x.shape;
  return [int32(rowsOf(floats(x), v).map(best), [r])];
};

function best(row: Float32Array): number {
  if (isBad(row)) return -1;
  let first = 0;
  for (const [i, value] of row.entries()) if (value > (row[first] ?? 0)) first = i;
  return first;
}
