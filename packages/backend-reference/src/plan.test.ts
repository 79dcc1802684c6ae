import { buildGraph } from "@glimpsejs/graph";
import { expect, test } from "vitest";
import { plan } from "./plan.ts";

test("values are forgotten after their last reader, outputs never", () => {
  const graph = buildGraph("g", (b) => {
    const x = b.input("x", "float32", [4]);
    const doubled = b.op("add", { a: x, b: x }, {}); // %0
    const [left, right] = b.ops("split", { x: doubled }, { axis: 0, sizes: [1, 3] }); // %1, %2
    b.output("left", left ?? doubled);
    b.output("sum", b.op("add", { a: right ?? x, b: b.weight("w", [1]) }, {})); // %3
  });
  const steps = (outputs: Readonly<Record<string, string>>) =>
    plan(graph, outputs).map(({ node, dead }) => `${node.outputs.join(" ")} forgets ${dead.join(" ")}`);
  expect(steps(graph.outputs)).toEqual(["%0 forgets x", "%1 %2 forgets %0", "%3 forgets %2 w"]);
  expect(steps({ left: "%1" })).toEqual(["%0 forgets x", "%1 %2 forgets %0 %2"]);
  expect(steps({ x: "x" })).toEqual([]);
});
