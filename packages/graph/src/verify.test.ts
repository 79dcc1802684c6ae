import { GlimpseError } from "@glimpsejs/base";
import { describe, expect, test } from "vitest";
import { buildGraph } from "./builder.ts";
import type { Graph, Node } from "./graph.ts";
import { prune, verify } from "./verify.ts";

const graph = buildGraph("cache", (b) => {
  const x = b.input("x", "float32", ["text", 4]);
  const past = b.input("past", "float32", ["past", 4]);
  const y = b.at("fc").op("linear", { x, weight: b.at("fc").weight("weight", [4, 4]) }, {});
  b.output("present", b.op("concat", { parts: [past, y] }, { axis: 0 }));
  b.output("y", b.op("activation", { x: y }, { function: "relu" }));
  b.carry("past", "present");
});

function problems(broken: Graph): readonly string[] {
  try {
    verify(broken);
  } catch (error) {
    if (!GlimpseError.isInstance(error, "invalid-graph")) throw error;
    return error.message.split("\n  - ");
  }
  return [];
}

/** The graph with one node replaced. */
function withNode(index: number, change: object): Graph {
  return { ...graph, nodes: graph.nodes.with(index, { ...graph.nodes[index], ...change } as Node) };
}

describe("verify", () => {
  test("accepts what the builder builds", () => expect(problems(graph)).toEqual([]));

  test("lists every problem, each once", () => {
    const broken: Graph = {
      ...graph,
      nodes: [
        ...withNode(0, { inputs: { x: "x", weight: "gone" } }).nodes,
        { op: "activation", path: "twice", inputs: { x: "x" }, attributes: { function: "relu" }, outputs: ["%0"] },
        { op: "activation", path: "new", inputs: { x: "x" }, attributes: { function: "relu" }, outputs: ["%9"] },
        {
          op: "split",
          path: "cut",
          inputs: { x: "x" },
          attributes: { axis: 1, sizes: [1, 3] },
          outputs: ["x", "%8", "%7"],
        },
      ],
      weights: { ...graph.weights, x: { dtype: "float32", shape: [1] } },
      outputs: { ...graph.outputs, z: "%77", toString: "valueOf" },
      types: { ...graph.types, "%8": { dtype: "float32", shape: ["nowhere"] }, "%7": { dtype: "int32", shape: [] } },
      carries: { past: "y", x: "gone", gone: "y" },
    };
    expect(problems(broken)).toMatchInlineSnapshot(`
      [
        "12 problems:",
        "value "x": it is an input and a weight.",
        "linear "fc": the value "gone" is not defined before it is used.",
        "activation "twice": its output "%0" is defined twice.",
        "activation "twice": the type of "%0" is wrong, expected float32[1], got float32[text, 4].",
        "activation "new": its output "%9" has no type.",
        "split "cut": there is no axis 1, got float32[1].",
        "split "cut": its output "x" is defined twice.",
        "output "z": the value "%77" is not defined.",
        "output "toString": the value "valueOf" is not defined.",
        "carry "x": there is no output "gone".",
        "carry "gone": there is no such input.",
        "dimension "nowhere": no input has an axis that says its size.",
      ]
    `);
  });

  test("reports dimensions that are none beside other problems", () => {
    const types = { ...graph.types, "%2": { dtype: "float32", shape: ["a-b"] } } as const;
    const broken = { ...graph, types, inputs: { ...graph.inputs, bad: { dtype: "float32", shape: ["1.5"] } } } as const;
    expect(problems({ ...broken, outputs: { z: "%77" }, carries: {} })).toMatchInlineSnapshot(`
      [
        "3 problems:",
        "activation "": the type of "%2" is wrong, expected float32[text, 4], got float32[a-b].",
        "output "z": the value "%77" is not defined.",
        "dimension "1.5": it is not a dimension, expected a whole number, a name, or a sum of products such as "past + text".",
      ]
    `);
  });

  test("a carried input and its output must agree in dtype and rank", () => {
    const narrow = { ...graph, inputs: { ...graph.inputs, past: { dtype: "float32", shape: ["past"] } } } as const;
    expect(problems(narrow)).toMatchInlineSnapshot(`
      [
        "2 problems:",
        "concat "": ranks differ, expected 1, got 2.",
        "carry "past": the output "present" cannot replace it, expected float32[past], got float32[past + text, 4].",
      ]
    `);
  });
});

describe("prune", () => {
  test("keeps what the outputs need, and every input", () => {
    const pruned = prune({ ...graph, outputs: { y: graph.outputs["y"] ?? "" } });
    expect(pruned.nodes.map((node) => node.op)).toEqual(["linear", "activation"]);
    expect(pruned.inputs).toEqual(graph.inputs);
    expect(Object.keys(pruned.weights)).toEqual(["fc.weight"]);
  });

  test("drops weights that nothing needs, and is the identity where all is needed", () => {
    const past = prune({ ...graph, outputs: { past: "past" } });
    expect(past.nodes).toEqual([]);
    expect(past.weights).toEqual({});
    expect(prune(graph)).toEqual(graph);
  });

  test("keeps a node of which one output is needed", () => {
    const cut = buildGraph("cut", (b) => {
      const parts = b.ops("split", { x: b.input("x", "float32", [4]) }, { axis: 0, sizes: [1, 3] });
      for (const [i, part] of parts.entries()) b.output(String(i), part);
    });
    expect(prune({ ...cut, outputs: { 1: "%1" } }).nodes).toEqual(cut.nodes);
  });
});
