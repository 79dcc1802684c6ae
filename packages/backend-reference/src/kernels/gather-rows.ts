// gatherRows: the rows that are wanted, from all rows of a batch.
import { float32 } from "@glimpsejs/graph";
import { floats, ints } from "../tensor.ts";
import type { Kernel } from "./kernel.ts";
import { pickRows } from "./pick-rows.ts";

/** x [B, S, D], rows [R], each an index into the B·S rows → [R, D] */
export const gatherRows: Kernel<"gatherRows"> = ({ x, rows }, _, run) => {
  const [b = 0, s = 0, d = 0] = x.shape;
  return [float32(pickRows(floats(x), b * s, d, ints(rows), "row", run), [...rows.shape, d])];
};
