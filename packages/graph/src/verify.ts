// Is this graph legal? Needed because graphs are plain data that passes rewrite and strangers may write by hand.
import { GlimpseError, type Problem } from "@glimpsejs/base";
import { bindable, dimNames } from "./dim.ts";
import { formatType, type Graph, nodeInputs, type TensorType, type ValueName } from "./graph.ts";
import { inferNode } from "./infer.ts";

/**
 * Checks the whole graph and throws one "invalid-graph" error that lists every problem: values used before they are
 * defined or defined twice, nodes that break their op's rule, types that disagree with inference, outputs and carries
 * that point nowhere, named dimensions that no input can bind.
 */
export function verify(graph: Graph): void {
  const problems: Problem[] = [];
  const report = (subject: string, problem: string, more: Partial<Problem> = {}) =>
    problems.push({ subject, problem, ...more });
  const defined: Record<ValueName, TensorType> = { ...graph.inputs, ...graph.weights };

  for (const name of Object.keys(graph.inputs)) {
    if (Object.hasOwn(graph.weights, name)) report(`value "${name}"`, "it is an input and a weight");
  }
  for (const node of graph.nodes) {
    const subject = `${node.op} "${node.path}"`;
    let inferred: readonly TensorType[] | undefined;
    try {
      inferred = inferNode(node, defined);
    } catch (error) {
      if (!GlimpseError.isInstance(error)) throw error;
      problems.push(...error.problems);
    }
    if (inferred !== undefined && inferred.length !== node.outputs.length) {
      report(subject, "the number of outputs is wrong", {
        expected: String(inferred.length),
        got: String(node.outputs.length),
      });
    }
    for (const [i, output] of node.outputs.entries()) {
      const declared = own(graph.types, output);
      const type = inferred?.[i] ?? declared;
      if (Object.hasOwn(defined, output)) report(subject, `its output "${output}" is defined twice`);
      if (declared === undefined) report(subject, `its output "${output}" has no type`);
      else if (type !== undefined && formatType(type) !== formatType(declared)) {
        report(subject, `the type of "${output}" is wrong`, { expected: formatType(type), got: formatType(declared) });
      }
      // A broken node still defines its outputs, so that one mistake is reported once.
      if (type !== undefined) defined[output] = type;
    }
  }
  for (const [name, value] of Object.entries(graph.outputs)) {
    if (!Object.hasOwn(defined, value)) report(`output "${name}"`, `the value "${value}" is not defined`);
  }
  for (const [input, output] of Object.entries(graph.carries)) {
    const from = own(graph.inputs, input);
    const to = own(defined, own(graph.outputs, output) ?? "");
    if (from === undefined) report(`carry "${input}"`, "there is no such input");
    else if (to === undefined) report(`carry "${input}"`, `there is no output "${output}"`);
    else if (from.dtype !== to.dtype || from.shape.length !== to.shape.length) {
      report(`carry "${input}"`, `the output "${output}" cannot replace it`, {
        expected: formatType(from),
        got: formatType(to),
      });
    }
  }
  const bound = new Set<string>();
  const used = new Set<string>();
  for (const [value, type] of Object.entries(defined)) {
    try {
      for (const name of type.shape.flatMap(dimNames)) used.add(name);
      if (!Object.hasOwn(graph.inputs, value)) continue;
      for (const dim of type.shape) bound.add(bindable(dim)?.name ?? "");
    } catch (error) {
      if (!GlimpseError.isInstance(error)) throw error;
      problems.push(...error.problems);
    }
  }
  for (const name of used) {
    if (!bound.has(name)) report(`dimension "${name}"`, "no input has an axis that says its size");
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-graph" });
}

/** The same graph without the nodes and weights that no output depends on; inputs stay, they are the public face. */
export function prune(graph: Graph): Graph {
  const needed = new Set<ValueName>(Object.values(graph.outputs));
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((output) => needed.has(output))) return false;
    for (const value of nodeInputs(node)) needed.add(value);
    return true;
  });
  const weights = Object.fromEntries(Object.entries(graph.weights).filter(([name]) => needed.has(name)));
  return { ...graph, nodes: nodes.toReversed(), weights };
}

/** The entry of a record under a name from a graph, which may be spelled like a property that every object inherits. */
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
