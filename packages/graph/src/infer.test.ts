// Every message of every shape rule once, and the result types that are not obvious.
import { GlimpseError } from "@glimpsejs/base";
import { describe, expect, test } from "vitest";
import type { Shape } from "./dim.ts";
import { formatType, type TensorType } from "./graph.ts";
import { inferNode, type UntypedNode } from "./infer.ts";
import { type OpName, ops } from "./ops/index.ts";

const f = (...shape: Shape): TensorType => ({ dtype: "float32", shape });
const q = (dtype: "int8" | "uint8", ...shape: Shape): TensorType => ({ dtype, shape });
const i = (...shape: Shape): TensorType => ({ dtype: "int32", shape });

type Given = Readonly<Record<string, TensorType | readonly TensorType[]>>;

/** Output types of an op, as text; inputs are given as types. */
function infer(op: OpName, given: Given, attributes: object = {}): readonly string[] {
  const types: Record<string, TensorType> = {};
  const enter = (name: string, type: TensorType) => {
    types[name] = type;
    return name;
  };
  const inputs = Object.entries(given).map(([name, type]) => [
    name,
    "dtype" in type ? enter(name, type) : type.map((t, at) => enter(`${name}.${at}`, t)),
  ]);
  // Tests give illegal nodes too, which the types of nodes do not allow.
  const node = { op, path: "p", inputs: Object.fromEntries(inputs), attributes } as unknown as UntypedNode;
  return inferNode(node, types).map(formatType);
}

const linear = { x: f("b", "s", 4), weight: f(8, 4), bias: f(8) };
const q8 = { x: f("b", 32), weight: q("int8", 8, 32), scales: f(8, 1), bias: f(8) };
const q4 = { x: f("b", 32), weight: q("uint8", 8, 16), scales: f(8, 2) };
const norm = { x: f("b", 4), weight: f(4), bias: f(4) };
const patches = { pixels: f("n", 3, "16*rows", 32), weight: f(5, 3, 16, 16) };
const kv = f("b", 2, "t", 4);
const image = f("b", 2, "i", 4);
const attention = { query: f("b", "s", 8), keys: [image, kv], values: [image, kv] };
const relative = { distances: f(9, 4), queryPositions: i("b", "s"), keyPositions: i("b", "i + t") };

type Case<Expected> = readonly [op: OpName, given: Given, attributes: object, expected: Expected];

/** Cases with names for their titles. */
function cases<Expected>(list: readonly Case<Expected>[]) {
  return list.map(([op, given, attributes, expected]) => ({ op, given, attributes, expected }));
}

describe("types of results", () => {
  test.each(
    cases<readonly string[]>([
      ["activation", { x: f("b", 3) }, { function: "gelu" }, ["float32[b, 3]"]],
      ["add", { a: f("b", "s", 4), b: f("s", 1) }, {}, ["float32[b, s, 4]"]],
      ["quantizedLinear", q8, { bits: 8, block: 32 }, ["float32[b, 8]"]],
      ["quantizedLinear", q4, { bits: 4, block: 16 }, ["float32[b, 8]"]],
      ["add", { a: f(1), b: f("b", 2) }, {}, ["float32[b, 2]"]],
      ["argMax", { x: f("r", 9) }, {}, ["int32[r]"]],
      ["attention", attention, { heads: 2 }, ["float32[b, s, 8]", "float32[b, 2, s, i + t]"]],
      [
        "attention",
        { ...attention, ...relative },
        { heads: 2, relative: "key" },
        ["float32[b, s, 8]", "float32[b, 2, s, i + t]"],
      ],
      ["concat", { parts: [f("b", "past", 4), f("b", "text", 4)] }, { axis: 1 }, ["float32[b, past + text, 4]"]],
      ["embedding", { table: f(9, 4), ids: i("b", "s") }, {}, ["float32[b, s, 4]"]],
      ["expand", { x: f(1, 4) }, { shape: ["1 + b", 4] }, ["float32[1 + b, 4]"]],
      ["gatherRows", { x: f("b", "s", 4), rows: i("r") }, {}, ["float32[r, 4]"]],
      ["layerNorm", norm, { epsilon: 1e-5 }, ["float32[b, 4]"]],
      ["linear", linear, {}, ["float32[b, s, 8]"]],
      ["linear", { x: f(4), weight: f(8, 4) }, {}, ["float32[8]"]],
      ["logSumExp", { x: f("r", 9) }, {}, ["float32[r]"]],
      ["maskTokens", { x: f("r", 9), tokens: i("r", "n") }, {}, ["float32[r, 9]"]],
      ["patchEmbedding", patches, {}, ["float32[n, 2*rows, 5]"]],
      ["reshape", { x: f("b", "t", 6) }, { shape: ["t*b", 2, 3] }, ["float32[b*t, 2, 3]"]],
      [
        "split",
        { x: i("b", "image + text") },
        { axis: 1, sizes: ["image", "text"] },
        ["int32[b, image]", "int32[b, text]"],
      ],
      ["splitHeads", { x: f("b", "t", 8) }, { heads: 2 }, ["float32[b, 2, t, 4]"]],
      ["topK", { x: f("r", 9) }, { k: 4 }, ["float32[r, 4]", "int32[r, 4]"]],
      ["topK", { x: f("r", 9) }, { k: "some" }, ["float32[r, some]", "int32[r, some]"]],
    ]),
  )("$op: $expected", ({ op, given, attributes, expected }) => expect(infer(op, given, attributes)).toEqual(expected));
});

describe("messages", () => {
  test.each(
    cases<string>([
      ["activation", { x: i(2) }, { function: "relu" }, "wrong dtype, expected float32, got int32."],
      [
        "activation",
        { x: f(2) },
        { function: "mish" },
        "unknown function, expected gelu, gelu_new, quick_gelu, relu, silu, selu, got mish.",
      ],
      ["add", { a: f(2), b: i(2) }, {}, "wrong dtype, expected float32, got float32 and int32."],
      ["add", { a: f("b", 2), b: f("b", 3) }, {}, "axis 1 cannot be broadcast, expected 2, got 3."],
      [
        "attention",
        { ...attention, query: i("b", "s", 8) },
        { heads: 2 },
        "query has the wrong type, expected float32 of rank 3, got int32[b, s, 8].",
      ],
      [
        "attention",
        attention,
        { heads: 3 },
        "the width is not a multiple of the heads, expected a multiple of 3, got 8.",
      ],
      [
        "attention",
        { ...attention, keys: [] },
        { heads: 2 },
        "keys and values are not pairs, expected one value segment per key segment, got 0 and 2.",
      ],
      [
        "attention",
        { ...attention, keys: [f(2), kv] },
        { heads: 2 },
        "key segment 0 has the wrong type, expected float32 of rank 4, got float32[2].",
      ],
      [
        "attention",
        { ...attention, keys: [f("c", 2, "i", 4), kv] },
        { heads: 2 },
        "batch of query and key segment 0 differ, expected b, got c.",
      ],
      [
        "attention",
        { ...attention, keys: [image, f("b", 3, "t", 4)] },
        { heads: 2 },
        "heads of query and key segment 1 differ, expected 2, got 3.",
      ],
      [
        "attention",
        { ...attention, keys: [f("b", 2, "i", 5), kv] },
        { heads: 2 },
        "head size of query and key segment 0 differ, expected 4, got 5.",
      ],
      [
        "attention",
        { ...attention, values: [kv, kv] },
        { heads: 2 },
        "shapes of key and value segment 0 differ, expected b,2,i,4, got b,2,t,4.",
      ],
      [
        "attention",
        { ...attention, mask: f("b", "s", "i") },
        { heads: 2 },
        "mask and scores of the last segment differ, expected b,s,t, got b,s,i.",
      ],
      ["attention", { ...attention, headMask: f(3) }, { heads: 2 }, "head mask and heads differ, expected 2, got 3."],
      [
        "attention",
        { ...attention, distances: f(9, 4) },
        { heads: 2, relative: "key" },
        "relative positions are incomplete, expected the attribute, distances, queryPositions and keyPositions together.",
      ],
      [
        "attention",
        { ...attention, ...relative, distances: f(9, 5) },
        { heads: 2, relative: "key" },
        "head size and distances differ, expected 4, got 5.",
      ],
      [
        "attention",
        { ...attention, ...relative, queryPositions: i("b", 1) },
        { heads: 2, relative: "key" },
        "query positions differ, expected b,s, got b,1.",
      ],
      [
        "attention",
        { ...attention, ...relative, keyPositions: i("b", "t") },
        { heads: 2, relative: "key" },
        "key positions differ, expected b,i + t, got b,t.",
      ],
      ["concat", { parts: [] }, { axis: 0 }, "nothing to join, expected parts with an axis 0."],
      ["concat", { parts: [f(2)] }, { axis: 1 }, "nothing to join, expected parts with an axis 1."],
      ["concat", { parts: [f(2), i(2)] }, { axis: 0 }, "dtypes differ, expected float32, got int32."],
      ["concat", { parts: [f(2), f(2, 2)] }, { axis: 0 }, "ranks differ, expected 1, got 2."],
      ["concat", { parts: [f(2, 3), f(2, 4)] }, { axis: 0 }, "axes 1 differ, expected 3, got 4."],
      [
        "embedding",
        { table: f(9), ids: i(1) },
        {},
        "table has the wrong type, expected float32 of rank 2, got float32[9].",
      ],
      [
        "embedding",
        { table: f(9, 2), ids: f(1) },
        {},
        "ids has the wrong type, expected int32 of rank 1, got float32[1].",
      ],
      [
        "expand",
        { x: f(2, 4) },
        { shape: [3, 4] },
        "the value cannot be repeated to the shape, expected [3, 4], got [2, 4].",
      ],
      [
        "gatherRows",
        { x: f(2, 4), rows: i("r") },
        {},
        "x has the wrong type, expected float32 of rank 3, got float32[2, 4].",
      ],
      [
        "gatherRows",
        { x: f(1, 2, 4), rows: i("r", 1) },
        {},
        "rows has the wrong type, expected int32 of rank 1, got int32[r, 1].",
      ],
      ["argMax", { x: i("r", 9) }, {}, "x has the wrong type, expected float32 of rank 2, got int32[r, 9]."],
      ["argMax", { x: f("r", 0) }, {}, "a row holds nothing to choose from."],
      ["logSumExp", { x: f("r", 0) }, {}, "a row holds nothing to sum."],
      [
        "maskTokens",
        { x: f("r", 9), tokens: i("rows", 2) },
        {},
        "rows of x and of tokens differ, expected r, got rows.",
      ],
      [
        "topK",
        { x: f("r", 9) },
        { k: 10 },
        "there are no 10 best of a row, expected 1 ≤ k ≤ V, V a number, got float32[r, 9].",
      ],
      [
        "topK",
        { x: f("r", "v") },
        { k: 0 },
        "there are no 0 best of a row, expected 1 ≤ k ≤ V, V a number, got float32[r, v].",
      ],
      ["layerNorm", { ...norm, weight: f(5) }, { epsilon: 1 }, "weight and x differ, expected 4, got 5."],
      ["layerNorm", { ...norm, bias: f(5) }, { epsilon: 1 }, "bias and x differ, expected 4, got 5."],
      ["layerNorm", norm, { epsilon: 0 }, "epsilon is not positive, expected > 0, got 0."],
      [
        "layerNorm",
        { ...norm, x: f() },
        { epsilon: 1 },
        "x has the wrong type, expected float32 of rank 1, got float32[].",
      ],
      ["linear", { ...linear, x: f("b", 5) }, {}, "inner dimensions differ, expected 4, got 5."],
      ["linear", { ...linear, bias: f(4) }, {}, "bias and output dimension differ, expected 8, got 4."],
      ["quantizedLinear", q8, { bits: 2, block: 32 }, "the bits are not supported, expected 8 or 4, got 2."],
      [
        "quantizedLinear",
        q8,
        { bits: 8, block: 16 },
        "the block does not fit the weight, expected 32, the whole row, got 16.",
      ],
      ...[8, 24, 64].map(
        (block): Case<string> => [
          "quantizedLinear",
          q4,
          { bits: 4, block },
          `the block does not fit the weight, expected a power of two from 16 that divides 32, got ${block}.`,
        ],
      ),
      [
        "quantizedLinear",
        { ...q8, weight: q("uint8", 8, 32) },
        { bits: 8, block: 32 },
        "weight has the wrong type, expected int8 of rank 2, got uint8[8, 32].",
      ],
      [
        "quantizedLinear",
        { ...q8, x: f("b", 4) },
        { bits: 8, block: 32 },
        "inner dimensions differ, expected 32, got 4.",
      ],
      [
        "quantizedLinear",
        { ...q4, scales: f(8, 1) },
        { bits: 4, block: 16 },
        "blocks of weight and scales differ, expected 2, got 1.",
      ],
      [
        "quantizedLinear",
        { ...q4, scales: f(1, 2) },
        { bits: 4, block: 16 },
        "rows of weight and scales differ, expected 8, got 1.",
      ],
      [
        "quantizedLinear",
        { ...q8, bias: f(4) },
        { bits: 8, block: 32 },
        "bias and output dimension differ, expected 8, got 4.",
      ],
      [
        "linear",
        { ...linear, weight: f(4) },
        {},
        "weight has the wrong type, expected float32 of rank 2, got float32[4].",
      ],
      [
        "patchEmbedding",
        { ...patches, weight: f(5, 1, 16, 16) },
        {},
        "channels of weight and pixels differ, expected 3, got 1.",
      ],
      [
        "patchEmbedding",
        { ...patches, weight: f(5, 3, 16, 8) },
        {},
        "height and width of a patch differ, expected 16, got 8.",
      ],
      [
        "patchEmbedding",
        { ...patches, pixels: f(1, 3, 32, 40) },
        {},
        "the picture is not a whole number of patches, expected multiples of 16, got 32 × 40.",
      ],
      ["reshape", { x: f("b", 4) }, { shape: ["b", 5] }, "the number of elements differs, expected 4*b, got 5*b."],
      ["split", { x: f(4) }, { axis: 0, sizes: [1, 2] }, "sizes of the parts and the axis differ, expected 4, got 3."],
      ["split", { x: f(4) }, { axis: 1, sizes: [4] }, "there is no axis 1, got float32[4]."],
      [
        "splitHeads",
        { x: f(1, 2, 9) },
        { heads: 2 },
        "the width is not a multiple of the heads, expected a multiple of 2, got 9.",
      ],
    ]),
  )("$op: $expected", ({ op, given, attributes, expected }) => {
    expect(() => infer(op, given, attributes)).toThrow(`${op} "p": ${expected}`);
  });

  test("a value that is not defined is named, also one that every object has", () => {
    for (const x of ["gone", "constructor"]) {
      const node = { op: "activation", path: "p", inputs: { x }, attributes: { function: "relu" } } as const;
      expect(() => inferNode(node, {})).toThrow(`activation "p": the value "${x}" is not defined before it is used.`);
    }
  });

  test.each(["matMul", "constructor"])("%s is not an op", (op) => {
    expect(() => infer(op as OpName, {})).toThrow(
      `${op} "p": there is no such op, expected activation, add, argMax, attention`,
    );
  });

  test("a node written by hand may lack an input or an attribute of any op, or have the wrong kind", () => {
    for (const op of Object.keys(ops) as OpName[]) {
      let error: unknown;
      try {
        infer(op, {}, {});
      } catch (thrown) {
        error = thrown;
      }
      expect(GlimpseError.isInstance(error, "invalid-graph"), op).toBe(true);
    }
    expect(() => infer("reshape", { x: f(4) })).toThrow(
      'reshape "p": it lacks an input or attribute of the op, or has one of the wrong kind, got {"inputs":{"x":"x"},',
    );
    expect(() => infer("concat", { parts: f(4) }, { axis: 0 })).toThrow("or has one of the wrong kind");
  });
});
