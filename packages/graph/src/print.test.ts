import { expect, test } from "vitest";
import { buildGraph } from "./builder.ts";
import { print } from "./print.ts";

test("prints a graph", () => {
  const graph = buildGraph("step", (b) => {
    const ids = b.input("ids", "int32", ["batch", "text"]);
    const past = b.input("past", "float32", ["batch", 2, "past", 4]);
    const self = b.at("layer.0").at("self");
    const x = b.op("embedding", { table: b.weight("words", [9, 8]), ids }, {});
    const key = self.op("splitHeads", { x }, { heads: 2 });
    const [, text] = self.ops("split", { x: key }, { axis: 2, sizes: [0, "text"] });
    const present = self.op("concat", { parts: [past, text ?? key] }, { axis: 2 });
    b.output("context", self.op("attention", { query: x, keys: [present], values: [present] }, { heads: 2 }));
    b.output("present", present);
    b.carry("past", "present");
  });
  expect(print(graph)).toMatchInlineSnapshot(`
    "graph step
      input ids : int32[batch, text]
      input past : float32[batch, 2, past, 4]
      weight words : float32[9, 8]
      %0 = embedding(table: words, ids: ids) : float32[batch, text, 8]    # 
      %1 = splitHeads(x: %0, heads=2) : float32[batch, 2, text, 4]    # layer.0.self
      %2, %3 = split(x: %1, axis=2, sizes=[0, text]) : float32[batch, 2, 0, 4], float32[batch, 2, text, 4]    # layer.0.self
      %4 = concat(parts: [past, %3], axis=2) : float32[batch, 2, past + text, 4]    # layer.0.self
      %5, %6 = attention(query: %0, keys: [%4], values: [%4], heads=2) : float32[batch, text, 8], float32[batch, 2, text, past + text]    # layer.0.self
      output context = %5
      output present = %4
      carry past <- present
    "
  `);
});

test("a value without a type is printed as one", () => {
  const graph = buildGraph("g", (b) =>
    b.output("y", b.op("add", { a: b.weight("w", [1]), b: b.weight("w", [1]) }, {})),
  );
  expect(print({ ...graph, types: {} })).toContain("%0 = add(a: w, b: w) : ?    # ");
});
