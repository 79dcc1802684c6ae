// logSumExp: what is taken from a logit to make it a log-probability.
import type { Node } from "@glimpsejs/graph";
import type { Lowering } from "../lowering.ts";
import { dispatchRows, forShare, rowKernel } from "./row-kernel.ts";

const text = rowKernel(
  "logSumExp",
  ["y0"],
  [{ name: "y", type: "u32" }],
  `
      var value = lowest;
      var flags = 0u;
      ${forShare(`
        flags |= seenOf(entry);
        value = max(value, counted(entry));
      `)}
      atomicOr(&seen, flags);
      values[thread] = value;
      places[thread] = thread;
      best(thread);
      let top = values[0];
      workgroupBarrier();
      var sum = 0.0;
      ${forShare("sum += exp(max(counted(entry) - top, -100.0));")}
      values[thread] = sum;
      total(thread);
      // A bad row gives NaN, as bits, because arithmetic need not know it.
      if (thread == 0u) {
        let sumBits = bitcast<u32>(top + log(values[0]));
        y[p.y0 + row] = select(0x7fc00000u, sumBits, atomicLoad(&seen) == 1u);
      }`,
);

/** x [R, V] → [R], NaN for a bad row. */
export function logSumExp(l: Lowering, node: Node<"logSumExp">): void {
  dispatchRows(l, node, text, ["y0"]);
}
