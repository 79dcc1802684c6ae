// embedding: rows of a table picked by id.
import { float32 } from "@glimpsejs/graph";
import { floats, ints } from "../tensor.ts";
import type { Kernel } from "./kernel.ts";
import { pickRows } from "./pick-rows.ts";

/** table [V, D], ids [...] → [..., D] */
export const embedding: Kernel<"embedding"> = ({ table, ids }, _, run) => {
  const [v = 0, d = 0] = table.shape;
  return [float32(pickRows(floats(table), v, d, ints(ids), "id", run), [...ids.shape, d])];
};
