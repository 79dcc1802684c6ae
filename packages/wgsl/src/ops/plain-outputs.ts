// Outputs of kernels that write element by element, without strides.
import type { Node } from "@glimpsejs/graph";
import type { Lowering } from "../lowering.ts";
import { isContiguous, type View } from "../view.ts";
import { copyTo } from "./elementwise.ts";

/** Outputs of a kernel that writes element by element, copied to where they belong if that is elsewhere. */
export function plainOutputs(l: Lowering, node: Node): { readonly views: readonly View[]; copyBack(): void } {
  const pairs = node.outputs.map((name) => {
    const target = l.write(name);
    return { target, view: isContiguous(target) ? target : l.temporary(target.shape) };
  });
  return {
    views: pairs.map(({ view }) => view),
    copyBack() {
      for (const { target, view } of pairs) if (view !== target) copyTo(l, view, target, node.path);
    },
  };
}
