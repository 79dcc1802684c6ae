// What one selection of outputs needs: the nodes in order, and after each of them the values that nobody reads again.
import { type Graph, type Node, nodeInputs, prune, type ValueName } from "@glimpsejs/graph";

/** A node to run, and the values to forget after it. */
export interface Step {
  readonly node: Node;
  readonly dead: readonly ValueName[];
}

/** The steps that compute `outputs`, a selection of the graph's. */
export function plan(graph: Graph, outputs: Readonly<Record<string, ValueName>>): readonly Step[] {
  const alive = new Set(Object.values(outputs)); // values that are read later than the node at hand
  return prune({ ...graph, outputs })
    .nodes.toReversed()
    .map((node) => {
      const dead = [...new Set([...nodeInputs(node), ...node.outputs])].filter((value) => !alive.has(value));
      for (const value of dead) alive.add(value);
      return { node, dead };
    })
    .toReversed();
}
