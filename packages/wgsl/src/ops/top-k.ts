// topK: the k best tokens of each row of logits, k being small: the best is looked for k times, and only the invocation that
// had it looks through its share again.
import type { Node } from "@glimpsejs/graph";
import type { Lowering } from "../lowering.ts";
import { dispatchRows, forShare, rowKernel } from "./row-kernel.ts";

const text = rowKernel(
  "topK",
  ["values0", "indices0", "k"],
  [{ name: "y" }, { name: "indices", type: "i32" }],
  `
      var flags = 0u;
      var value = lowest;
      var place = nowhere;
      ${forShare(`
        flags |= seenOf(entry);
        if (beats(counted(entry), i, value, place)) {
          value = counted(entry);
          place = i;
        }
      `)}
      atomicOr(&seen, flags);
      for (var rank = 0u; rank < p.k; rank++) {
        values[thread] = value;
        places[thread] = place;
        best(thread);
        let top = values[0];
        let topPlace = places[0];
        if (thread == 0u) {
          let isGood = atomicLoad(&seen) == 1u;
          // Read again, for an entry that is −∞.
          y[p.values0 + row * p.k + rank] = x[start + min(topPlace, p.v - 1u)];
          indices[p.indices0 + row * p.k + rank] = select(-1, i32(topPlace), isGood);
        }
        workgroupBarrier();
        if (place == topPlace) {
          // The winner looks for its next best: the rest of the invocations still have theirs.
          value = lowest;
          place = nowhere;
          ${forShare(`
            let other = counted(entry);
            if (beats(top, topPlace, other, i) && beats(other, i, value, place)) {
              value = other;
              place = i;
            }
          `)}
        }
      }`,
);

/** x [R, V] → values [R, k], indices [R, k]. */
export function topK(l: Lowering, node: Node<"topK">): void {
  dispatchRows(l, node, text, ["values0", "indices0"], { k: l.shape(node.outputs[0] ?? "")[1] ?? 1 });
}
