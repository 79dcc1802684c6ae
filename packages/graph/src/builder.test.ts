import { describe, expect, test } from "vitest";
import { buildGraph } from "./builder.ts";
import { verify } from "./verify.ts";

describe("buildGraph", () => {
  const graph = buildGraph("mlp", (b) => {
    const x = b.input("x", "float32", ["batch", 4]);
    const fc1 = b.at("layer").at(0).at("fc1");
    const hidden = fc1.op("linear", { x, weight: fc1.weight("weight", [8, 4]), bias: fc1.weight("bias", [8]) }, {});
    const [left, right] = b.ops("split", { x: hidden }, { axis: 1, sizes: [4, 4] });
    if (left === undefined || right === undefined) throw new TypeError("two parts were asked for");
    b.output("sum", b.op("add", { a: left, b: right }, {}));
  });

  test("paths prefix weights and nodes, not inputs and outputs", () => {
    expect(Object.keys(graph.inputs)).toEqual(["x"]);
    expect(Object.keys(graph.weights)).toEqual(["layer.0.fc1.weight", "layer.0.fc1.bias"]);
    expect(graph.nodes.map((node) => node.path)).toEqual(["layer.0.fc1", "", ""]);
    expect(graph.outputs).toEqual({ sum: "%3" });
  });

  test("every value has its type", () => {
    expect(graph.types["%0"]).toEqual({ dtype: "float32", shape: ["batch", 8] });
    expect(graph.types["%2"]).toEqual({ dtype: "float32", shape: ["batch", 4] });
    expect(Object.keys(graph.types)).toHaveLength(7);
  });

  test("what it builds is legal and plain data", () => {
    expect(() => verify(graph)).not.toThrow();
    expect(JSON.parse(JSON.stringify(graph))).toEqual(graph);
  });

  test("a weight may be asked for twice, an input left out is not in the node", () => {
    const tied = buildGraph("tied", (b) => {
      const table = () => b.weight("table", [9, 4]);
      const x = b.op("embedding", { table: table(), ids: b.input("ids", "int32", ["text"]) }, {});
      b.output("logits", b.op("linear", { x, weight: table(), bias: undefined }, {}));
    });
    expect(Object.keys(tied.weights)).toEqual(["table"]);
    expect(tied.nodes[1]?.inputs).toEqual({ x: "%0", weight: "table" });
  });

  test("shapes are canonical", () => {
    buildGraph("g", (b) => expect(b.input("x", "float32", ["text + past", "2*1"]).shape).toEqual(["past + text", 2]));
  });
});

describe("buildGraph throws invalid-graph", () => {
  test("when a name stands for two things", () => {
    expect(() =>
      buildGraph("g", (b) => {
        b.weight("w", [2]);
        b.weight("w", [3]);
      }),
    ).toThrow('weight "w": the name stands for something else already, expected float32[2], got float32[3].');
    expect(() =>
      buildGraph("g", (b) => {
        b.input("w", "float32", [2]);
        b.weight("w", [2]);
      }),
    ).toThrow('weight "w": the name stands for something else already');
  });

  test("at the first illegal node, naming op and path", () => {
    expect(() =>
      buildGraph("g", (b) => {
        const x = b.input("x", "float32", [4]);
        b.at("head").op("splitHeads", { x }, { heads: 2 });
      }),
    ).toThrow('splitHeads "head": x has the wrong type, expected float32 of rank 3, got float32[4].');
  });

  test("when the one output of a node without outputs is asked for", () => {
    expect(() =>
      buildGraph("g", (b) => {
        b.at("cut").op("split", { x: b.input("x", "float32", [0]) }, { axis: 0, sizes: [] });
      }),
    ).toThrow('split "cut": it has no output.');
  });
});
