// The text form of a graph, for snapshots, bug reports and the docs. One value a line, types at the end.
import { formatType, type Graph, type Node, type ValueName } from "./graph.ts";

/**
 * Writes a graph as text:
 *
 *     graph vision
 *       input pixelValues : float32[batch, 3, 224, 224]
 *       %0 = linear(x: pixelValues, weight: …) : float32[…]    # path
 *       output features = %0
 */
export function print(graph: Graph): string {
  const typeOf = (value: ValueName) => {
    const type = graph.types[value];
    return type === undefined ? "?" : formatType(type);
  };
  return [
    `graph ${graph.name}`,
    ...Object.entries(graph.inputs).map(([name, type]) => `  input ${name} : ${formatType(type)}`),
    ...Object.entries(graph.weights).map(([name, type]) => `  weight ${name} : ${formatType(type)}`),
    ...graph.nodes.map(
      (node) =>
        `  ${node.outputs.join(", ")} = ${call(node)} : ${node.outputs.map(typeOf).join(", ")}    # ${node.path}`,
    ),
    ...Object.entries(graph.outputs).map(([name, value]) => `  output ${name} = ${value}`),
    ...Object.entries(graph.carries).map(([input, output]) => `  carry ${input} <- ${output}`),
    "",
  ].join("\n");
}

function call(node: Node): string {
  const inputs = Object.entries<ValueName | readonly ValueName[] | undefined>(node.inputs)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : `[${value?.join(", ")}]`}`);
  const attributes = Object.entries<unknown>({ ...node.attributes })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? `[${value.join(", ")}]` : String(value)}`);
  return `${node.op}(${[...inputs, ...attributes].join(", ")})`;
}
