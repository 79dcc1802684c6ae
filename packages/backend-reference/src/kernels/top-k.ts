// topK: the best entries of each row, best first.
import { float32, int32 } from "@glimpsejs/graph";
import { floats } from "../tensor.ts";
import type { Kernel } from "./kernel.ts";
import { isBad, rowsOf } from "./rows.ts";

/** x [R, V] → values [R, k], indices [R, k], −1 for a bad row */
export const topK: Kernel<"topK"> = ({ x }, attributes, run) => {
  const k = run.size(attributes.k);
  const [r = 0, v = 1] = x.shape;
  const rows = rowsOf(floats(x), v);
  const indices = rows.map((row) => (isBad(row) ? new Array<number>(k).fill(-1) : bestOf(row, k)));
  const values = rows.flatMap((row, i) => (indices[i] ?? []).map((index) => row[index] ?? Number.NaN));
  return [float32(values, [r, k]), int32(indices.flat(), [r, k])];
};

/** The places of the k largest. Each value that beats the worst of the k so far is put where it belongs. */
function bestOf(row: Float32Array, k: number): readonly number[] {
  const best: number[] = [];
  const at = (rank: number) => row[best[rank] ?? 0] ?? 0;
  for (const [i, value] of row.entries()) {
    if (best.length === k && value <= at(k - 1)) continue;
    let rank = Math.min(best.length, k - 1);
    while (rank > 0 && at(rank - 1) < value) rank--;
    best.splice(rank, 0, i);
    best.length = Math.min(best.length, k);
  }
  return best;
}
