// argMax: the best token of each row of logits.
import type { Node } from "@glimpsejs/graph";
import type { Lowering } from "../lowering.ts";
import { dispatchRows, forShare, rowKernel } from "./row-kernel.ts";

const text = rowKernel(
  "argMax",
  ["y0"],
  [{ name: "y", type: "i32" }],
  `
      var value = lowest;
      var place = nowhere;
      var flags = 0u;
      ${forShare(`
        let flag = seenOf(entry);
        flags |= flag;
        if (flag == 1u && beats(entry, i, value, place)) {
          value = entry;
          place = i;
        }
      `)}
      values[thread] = value;
      places[thread] = place;
      atomicOr(&seen, flags);
      best(thread);
      if (thread == 0u) { y[p.y0 + row] = select(-1, i32(places[0]), atomicLoad(&seen) == 1u); }`,
);

/** x [R, V] → [R], −1 for a bad row. */
export function argMax(l: Lowering, node: Node<"argMax">): void {
  dispatchRows(l, node, text, ["y0"]);
}
