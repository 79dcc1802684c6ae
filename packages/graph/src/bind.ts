// From the shapes of one run's feeds to the sizes of the named dimensions, with every mismatch reported.
import { GlimpseError, type Problem } from "@glimpsejs/base";
import { type Bindable, type Bindings, bindable, type Dim, dimTerms, evaluateDim } from "./dim.ts";
import { formatType, type Graph, type TensorType } from "./graph.ts";

/** What binding needs to know of a feed. */
export interface FeedType {
  /** Its dtype, or whatever else stands there: it is checked. */
  readonly dtype: string;
  /** Its sizes, outermost first. */
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
    if (!Object.hasOwn(graph.inputs, name))
      problems.push({
        subject: `feed "${name}"`,
        problem: `graph "${graph.name}" has no such input`,
        expected: Object.keys(graph.inputs).join(", "),
      });
  }
  const known: { readonly name: string; readonly type: TensorType; readonly feed: FeedType }[] = [];
  for (const { name, type, free } of inputsOf(graph)) {
    const feed = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
    if (feed === undefined) {
      problems.push({ subject: `feed "${name}"`, problem: "it is missing", expected: formatType(type) });
    } else if (feed.dtype !== type.dtype || feed.shape.length !== type.shape.length) {
      problems.push(wrong(name, formatType(type), feed));
    } else {
      known.push({ name, type, feed });
      for (const { axis, unknown } of free) {
        const size = feed.shape[axis] ?? 0;
        if (Object.hasOwn(bindings, unknown.name) || size % unknown.factor !== 0) continue;
        bindings[unknown.name] = size / unknown.factor;
      }
    }
  }
  const bound = (dim: Dim) =>
    typeof dim === "number" || dimTerms(dim).every(({ names }) => names.every((name) => Object.hasOwn(bindings, name)));
  for (const { name, type, feed } of known) {
    // A dimension that is still unbound although it could have been bound here is no multiple of its factor; any
    // other waits for a feed that is itself reported.
    const fits = type.shape.every((dim, axis) => {
      const size = typeof dim === "number" || !Object.hasOwn(bindings, dim) ? dim : bindings[dim];
      if (typeof size === "number") return size === feed.shape[axis];
      return bound(dim) ? evaluateDim(dim, bindings) === feed.shape[axis] : bindable(dim) === undefined;
    });
    if (fits) continue;
    const sizes = type.shape.map((dim) => (bound(dim) ? evaluateDim(dim, bindings) : dim)).join(", ");
    const declared = type.shape.join(", ");
    problems.push(wrong(name, `${formatType(type)}${sizes === declared ? "" : ` = [${sizes}]`}`, feed));
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
  return bindings;
}

interface Input {
  readonly name: string;
  readonly type: TensorType;
  /** Axes that bind a dimension. */
  readonly free: readonly { readonly axis: number; readonly unknown: Bindable }[];
}

// Every run asks for them, and what is made anew each time the garbage collector has to find.
const inputsRead = new WeakMap<Graph, readonly Input[]>();

function inputsOf(graph: Graph): readonly Input[] {
  let inputs = inputsRead.get(graph);
  if (inputs === undefined) {
    inputs = Object.entries(graph.inputs).map(([name, type]) => {
      const found = type.shape.map((dim, axis) => ({ axis, unknown: bindable(dim) }));
      return { name, type, free: found.filter((one): one is Input["free"][number] => one.unknown !== undefined) };
    });
    inputsRead.set(graph, inputs);
  }
  return inputs;
}

function wrong(name: string, expected: string, feed: FeedType): Problem {
  return {
    subject: `feed "${name}"`,
    problem: "it has the wrong type",
    expected,
    got: `${feed.dtype}[${feed.shape.join(", ")}]`,
  };
}
