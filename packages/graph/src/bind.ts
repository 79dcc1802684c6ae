// From the shapes of one run's feeds to the sizes of the named dimensions, with every mismatch reported.
import { GlimpseError, type Problem } from "@glimpsejs/base";
import { type Bindings, bindable, evaluateDim } from "./dim.ts";
import { formatType, type Graph } from "./graph.ts";

/** What binding needs to know of a feed. */
export interface FeedType {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/**
 * Checks that `feeds` has exactly the inputs of the graph with the right dtypes and shapes, and returns the sizes of
 * the named dimensions. Throws one "invalid-argument" error listing every missing, unknown or misshapen feed.
 */
export function bindFeeds(graph: Graph, feeds: Readonly<Record<string, FeedType>>): Bindings {
  const bindings: Record<string, number> = {};
  const problems: Problem[] = [];
  for (const name of Object.keys(feeds)) {
    if (!(name in graph.inputs))
      problems.push({
        subject: `feed "${name}"`,
        problem: `graph "${graph.name}" has no such input`,
        expected: Object.keys(graph.inputs).join(", "),
      });
  }
  for (const [name, type] of Object.entries(graph.inputs)) {
    const feed = feeds[name];
    if (feed === undefined) {
      problems.push({ subject: `feed "${name}"`, problem: "it is missing", expected: formatType(type) });
    } else if (feed.dtype !== type.dtype || feed.shape.length !== type.shape.length) {
      problems.push(wrong(name, formatType(type), feed));
    } else {
      for (const [axis, dim] of type.shape.entries()) {
        const unknown = bindable(dim);
        const size = feed.shape[axis] ?? 0;
        if (unknown === undefined || unknown.name in bindings || size % unknown.factor !== 0) continue;
        bindings[unknown.name] = size / unknown.factor;
      }
    }
  }
  for (const [name, type] of Object.entries(graph.inputs)) {
    const feed = feeds[name];
    if (feed === undefined || feed.shape.length !== type.shape.length || problems.length > 0) continue;
    const expected = type.shape.map((dim) => evaluateDim(dim, bindings));
    if (expected.join() !== feed.shape.join())
      problems.push(wrong(name, `${formatType(type)} = [${expected.join(", ")}]`, feed));
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
  return bindings;
}

function wrong(name: string, expected: string, feed: FeedType): Problem {
  return {
    subject: `feed "${name}"`,
    problem: "it has the wrong type",
    expected,
    got: `${feed.dtype}[${feed.shape.join(", ")}]`,
  };
}
