import { buildGraph, type DType, type WeightSource } from "@glimpsejs/graph";
import { expect, test } from "vitest";
import { checkWeights } from "./check-weights.ts";

const graph = (name: string, ...weights: readonly (readonly [string, readonly number[]])[]) =>
  buildGraph(name, (b) => {
    for (const [weight, shape] of weights) b.weight(weight, shape);
  });

const source: WeightSource = {
  names: ["a", "b"],
  get(name) {
    if (name !== "a" && name !== "b") return undefined;
    const bytes = () => Promise.reject(new Error("nothing may be read"));
    return { dtype: "float16", shape: [2, 3], byteLength: 12, bytes };
  },
};

const dtypes: ReadonlySet<DType> = new Set(["float32", "float16"]);

test("accepts what the source has, and does not mind the rest", () => {
  expect(() => checkWeights([graph("one", ["a", [2, 3]]), graph("two", ["a", [2, 3]])], source, dtypes)).not.toThrow();
});

test("lists every missing and misshapen weight of all graphs, each once", () => {
  const one = graph("one", ["a", [3, 2]], ["gone", [1]]);
  const two = graph("two", ["b", [6]], ["gone", [1]]);
  expect(() => checkWeights([one, two], source, dtypes)).toThrow(
    [
      "3 problems:",
      '  - weight "a": it has the wrong shape, expected [3, 2], got [2, 3].',
      '  - weight "gone": it is missing, expected float32[1].',
      '  - weight "b": it has the wrong shape, expected [6], got [2, 3].',
    ].join("\n"),
  );
});

test("graphs that disagree on a shape are found out, whichever comes last", () => {
  const [right, wrong] = [graph("right", ["a", [2, 3]]), graph("wrong", ["a", [3, 2]])];
  for (const graphs of [
    [right, wrong],
    [wrong, right],
  ]) {
    expect(() => checkWeights(graphs, source, dtypes)).toThrow(
      'weight "a": it has the wrong shape, expected [3, 2], got [2, 3].',
    );
  }
});

test("names the weights whose dtype the backend does not take", () => {
  expect(() => checkWeights([graph("one", ["a", [2, 3]])], source, new Set(["float32"]))).toThrow(
    'weight "a": its dtype cannot be computed with, expected float32, got float16.',
  );
});

test("a quantized weight has exactly its dtype, and does not stand in for a float", () => {
  const stored = { shape: [2, 4], byteLength: 8, bytes: () => Promise.reject(new Error("nothing may be read")) };
  const dtypeOf: Readonly<Record<string, DType>> = { a: "int8", b: "uint8", c: "int8" };
  const narrow: WeightSource = {
    names: Object.keys(dtypeOf),
    get: (name) => (dtypeOf[name] === undefined ? undefined : { ...stored, dtype: dtypeOf[name] }),
  };
  const quantized = buildGraph("quantized", (b) => {
    b.weight("a", [2, 4], "int8");
    b.weight("b", [2, 4], "int8");
    b.weight("c", [2, 4]);
  });
  expect(() => checkWeights([quantized], narrow, new Set(["float32", "int8", "uint8"]))).toThrow(
    [
      "2 problems:",
      '  - weight "b": it has the wrong dtype, expected int8, got uint8.',
      '  - weight "c": its dtype cannot be computed with, expected float32, got int8.',
    ].join("\n"),
  );
  expect(() => checkWeights([quantized], narrow, dtypes)).toThrow(
    'weight "a": its dtype cannot be computed with, expected no such weight, got int8.',
  );
});
