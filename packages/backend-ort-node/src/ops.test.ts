// Each op through ONNX Runtime against numbers worked out by hand, and what it does with empty values: in decoding the
// image rows are empty, in prefill the trunk is.
import type { Backend } from "@glimpsejs/backend";
import { type Builder, buildGraph, type DType, float32, type HostTensor, int32, type Value } from "@glimpsejs/graph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ortNode } from "./ort-node.ts";

let backend: Backend;
beforeAll(async () => {
  backend = await ortNode({ threads: 1 }).open();
});
afterAll(() => backend.dispose());

/** Builds a graph with the feeds as inputs of fully named shapes, runs it, and rounds its output "y". */
async function compute(
  build: (b: Builder, input: (name: string, shape: readonly (number | string)[], dtype?: DType) => Value) => Value,
  feeds: Record<string, HostTensor>,
): Promise<{ shape: readonly number[]; data: number[] }> {
  const graph = buildGraph("op", (b) => {
    b.output(
      "y",
      build(b, (name, shape, dtype = "float32") => b.input(name, dtype, shape)),
    );
  });
  const program = await backend.compile({ graph }, { names: [], get: () => undefined });
  const { y } = await program.run("graph", feeds, ["y"]);
  const { shape, data } = await y.read();
  if (data instanceof BigInt64Array) throw new Error("graphs compute no int64");
  await program.dispose();
  return { shape, data: Array.from(data, (n) => Math.round(n * 1e5) / 1e5) };
}

const range = (n: number, start = 0) => Array.from({ length: n }, (_, i) => start + i);

describe("ops", () => {
  it.each([
    ["gelu", [-0.15866, 0, 1.9545]],
    ["gelu_new", [-0.15881, 0, 1.9546]],
    ["quick_gelu", [-0.1542, 0, 1.93566]],
    ["relu", [0, 0, 2]],
    ["silu", [-0.26894, 0, 1.76159]],
    ["selu", [-1.11133, 0, 2.1014]],
  ] as const)("activation %s", async (name, expected) => {
    const y = await compute((b, input) => b.op("activation", { x: input("x", ["n"]) }, { function: name }), {
      x: float32([-1, 0, 2], [3]),
    });
    expect(y.data).toEqual(expected);
  });

  it("linear multiplies with the transposed weight and adds the bias", async () => {
    const build = (b: Builder, input: (name: string, shape: readonly (number | string)[]) => Value) =>
      b.op("linear", { x: input("x", ["b", "s", 2]), weight: input("w", [3, 2]), bias: input("c", [3]) }, {});
    const weights = { w: float32([1, 2, 3, 4, 5, 6], [3, 2]), c: float32([0.5, 0, -0.5], [3]) };
    expect(await compute(build, { x: float32([1, 1, 0, 2], [1, 2, 2]), ...weights })).toEqual({
      shape: [1, 2, 3],
      data: [3.5, 7, 10.5, 4.5, 8, 11.5],
    });
    expect((await compute(build, { x: float32([], [2, 0, 2]), ...weights })).shape).toEqual([2, 0, 3]);
  });

  it("layerNorm normalizes with the population variance and epsilon", async () => {
    const y = await compute(
      (b, input) =>
        b.op("layerNorm", { x: input("x", ["n", 2]), weight: input("w", [2]), bias: input("c", [2]) }, { epsilon: 3 }),
      { x: float32([1, 3], [1, 2]), w: float32([1, 10], [2]), c: float32([0, 1], [2]) },
    );
    expect(y.data).toEqual([-0.5, 6]);
  });

  it("add broadcasts", async () => {
    const y = await compute((b, input) => b.op("add", { a: input("a", ["n", 1]), b: input("b", [2]) }, {}), {
      a: float32([1, 2], [2, 1]),
      b: float32([10, 20], [2]),
    });
    expect(y).toEqual({ shape: [2, 2], data: [11, 21, 12, 22] });
  });

  it("concat and split undo each other, also with empty parts", async () => {
    const build = (b: Builder, input: (name: string, shape: readonly (number | string)[]) => Value) => {
      const joined = b.op("concat", { parts: [input("a", [1, "m"]), input("b", [1, "n"])] }, { axis: 1 });
      const [, second] = b.ops("split", { x: joined }, { axis: 1, sizes: ["m", "n"] });
      return second ?? joined;
    };
    const ab = { a: float32([1, 2], [1, 2]), b: float32([3], [1, 1]) };
    expect(await compute(build, ab)).toEqual({ shape: [1, 1], data: [3] });
    expect(await compute(build, { ...ab, a: float32([], [1, 0]) })).toEqual({ shape: [1, 1], data: [3] });
    expect(await compute(build, { ...ab, b: float32([], [1, 0]) })).toEqual({ shape: [1, 0], data: [] });
  });

  it("embedding and gatherRows pick rows", async () => {
    const y = await compute(
      (b, input) => {
        const table = input("table", [3, 2]);
        const x = b.op("embedding", { table, ids: input("ids", ["b", "t"], "int32") }, {});
        return b.op("gatherRows", { x, rows: input("rows", ["r"], "int32") }, {});
      },
      { table: float32(range(6), [3, 2]), ids: int32([2, 1, 0, 2], [2, 2]), rows: int32([3, 1], [2]) },
    );
    expect(y).toEqual({ shape: [2, 2], data: [4, 5, 2, 3] });
  });

  it("reshape, expand and splitHeads keep the order of elements", async () => {
    const x = { x: float32(range(4), [2, 1, 2]) };
    const reshaped = await compute(
      (b, input) => b.op("reshape", { x: input("x", ["b", "s", 2]) }, { shape: ["s", "b*2"] }),
      x,
    );
    expect(reshaped).toEqual({ shape: [1, 4], data: [0, 1, 2, 3] });
    const expanded = await compute(
      (b, input) => b.op("expand", { x: input("x", ["b", 1, 2]) }, { shape: ["b", "b + 1", 2] }),
      x,
    );
    expect(expanded).toEqual({ shape: [2, 3, 2], data: [0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3] });
    const heads = await compute((b, input) => b.op("splitHeads", { x: input("x", [1, "t", 4]) }, { heads: 2 }), {
      x: float32(range(8), [1, 2, 4]),
    });
    expect(heads).toEqual({ shape: [1, 2, 2, 2], data: [0, 1, 4, 5, 2, 3, 6, 7] });
  });

  it("patchEmbedding goes through patches row by row", async () => {
    const y = await compute(
      (b, input) =>
        b.op("patchEmbedding", { pixels: input("x", ["n", 1, "2*r", "2*c"]), weight: input("w", [1, 1, 2, 2]) }, {}),
      { x: float32(range(8), [1, 1, 2, 4]), w: float32([1, 10, 100, 1000], [1, 1, 2, 2]) },
    );
    expect(y).toEqual({ shape: [1, 2, 1], data: [5410, 7632] });
  });
});

describe("attention", () => {
  // One head of size 1: scores are q·k, values 10, 20, … make the probabilities visible.
  const segments = (lengths: readonly number[]) => {
    let next = 0;
    const feeds: Record<string, HostTensor> = {};
    for (const [i, length] of lengths.entries()) {
      feeds[`k${i}`] = float32(new Float32Array(length), [1, 1, length, 1]);
      feeds[`v${i}`] = float32(
        range(length, next + 1).map((n) => n * 10),
        [1, 1, length, 1],
      );
      next += length;
    }
    return feeds;
  };
  const attend =
    (count: number, masked: boolean, result = 0) =>
    (b: Builder, input: (name: string, shape: readonly (number | string)[]) => Value) => {
      const keys = range(count).map((i) => input(`k${i}`, [1, 1, `t${i}`, 1]));
      const values = range(count).map((i) => input(`v${i}`, [1, 1, `t${i}`, 1]));
      const query = input("q", [1, "s", 1]);
      const mask = masked ? input("mask", [1, "s", `t${count - 1}`]) : undefined;
      const outputs = b.ops("attention", { query, keys, values, mask }, { heads: 1 });
      return outputs[result] ?? query;
    };
  const q = float32([1], [1, 1, 1]);

  it("is the mean of values where all scores are equal", async () => {
    expect((await compute(attend(1, false), { q, ...segments([3]) })).data).toEqual([20]);
    expect((await compute(attend(3, false), { q, ...segments([1, 2, 1]) })).data).toEqual([25]);
  });

  it("scales scores by the root of the head size", async () => {
    const y = await compute(
      (b, input) => {
        const keys = [input("k", [1, 1, "t", 4])];
        const [, probabilities] = b.ops(
          "attention",
          { query: input("q", [1, "s", 4]), keys, values: keys },
          { heads: 1 },
        );
        return probabilities ?? input("q", [1, "s", 4]);
      },
      { q: float32([2, 0, 0, 0], [1, 1, 4]), k: float32([1, 0, 0, 0, 0, 0, 0, 0], [1, 1, 2, 4]) },
    );
    expect(y.data).toEqual([0.73106, 0.26894]); // softmax(2·1/√4, 0)
  });

  it("masks only the last segment", async () => {
    const mask = float32([0, -1e30], [1, 1, 2]);
    expect((await compute(attend(2, true), { q, mask, ...segments([1, 2]) })).data).toEqual([15]);
  });

  it("takes empty segments, no rows, and no keys at all", async () => {
    const mask = float32([0, 0], [1, 1, 2]);
    expect((await compute(attend(3, true), { q, mask, ...segments([0, 1, 2]) })).data).toEqual([20]);
    expect((await compute(attend(3, true), { q, mask, ...segments([1, 0, 2]) })).data).toEqual([20]);
    const none = float32([], [1, 1, 0]);
    expect((await compute(attend(2, true), { q, mask: none, ...segments([2, 0]) })).data).toEqual([15]);
    expect((await compute(attend(2, true), { q, mask: none, ...segments([0, 0]) })).data).toEqual([0]);
    expect((await compute(attend(1, false), { q, ...segments([0]) })).data).toEqual([0]);
    const noRows = float32([], [1, 0, 1]);
    expect(await compute(attend(1, false), { q: noRows, ...segments([2]) })).toEqual({ shape: [1, 0, 1], data: [] });
    expect(await compute(attend(2, false, 1), { q: noRows, ...segments([2, 0]) })).toEqual({
      shape: [1, 1, 0, 2],
      data: [],
    });
  });

  it("adds relative positions to the scores, and multiplies probabilities by the head mask", async () => {
    const y = await compute(
      (b, input) => {
        const query = input("q", [1, "s", 1]);
        const keys = [input("k", [1, 1, "t", 1])];
        const [, probabilities] = b.ops(
          "attention",
          {
            query,
            keys,
            values: keys,
            headMask: input("h", [1]),
            distances: input("d", [3, 1]),
            queryPositions: input("qp", [1, "s"], "int32"),
            keyPositions: input("kp", [1, "t"], "int32"),
          },
          { heads: 1, relative: "key_query" },
        );
        return probabilities ?? query;
      },
      {
        q: float32([2], [1, 1, 1]),
        k: float32([3, 3], [1, 1, 2, 1]),
        h: float32([10], [1]),
        d: float32([0, 0.1, 0.3], [3, 1]),
        qp: int32([1], [1, 1]),
        kp: int32([0, 1], [1, 2]),
      },
    );
    // Scores 6 + (2 + 3)·d with d = 0.3 at distance 1 and 0.1 at distance 0.
    expect(y.data).toEqual([7.31059, 2.68941]);
  });
});
