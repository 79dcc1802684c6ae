// Random problems for every op. Sizes that differ from run to run in real graphs are named dimensions here too.
// With `empty`, one of those sizes is 0.
import { activationFunctions, type HostTensor, int32, type OpName } from "@glimpsejs/graph";
import type { ProblemBuilder } from "../problem.ts";
import type { Random } from "../random.ts";
import { attentionProblem } from "./attention-problem.ts";
import { quantizedProblem } from "./quantized-problem.ts";

/** Adds one node (or a few) of one op, with values for its inputs. */
export type OpProblem = (p: ProblemBuilder, random: Random, empty: boolean) => void;

/** A problem generator for every op. */
export const opProblems: { readonly [O in OpName]: OpProblem } = {
  activation(p, random, empty) {
    const shape = [empty ? 0 : random.integer(1, 4), random.integer(1, 9)];
    const x = p.feed("x", random.normal(shape, 4), ["rows", shape[1] ?? 0]);
    p.results(activationFunctions.map((name) => p.b.op("activation", { x }, { function: name })));
  },

  add(p, random, empty) {
    const [b, s, d] = [empty ? 0 : random.integer(1, 3), random.integer(1, 4), random.integer(2, 5)];
    const x = p.feed("x", random.normal([b, s, d]), ["batch", s, d]);
    const same = p.feed("same", random.normal([b, s, d]), ["batch", s, d]);
    const row = p.feed("row", random.normal([s, d]));
    const column = p.feed("column", random.normal([b, s, 1]), ["batch", s, 1]);
    const vector = p.weight("vector", random.normal([d]));
    const ones = p.feed("ones", random.normal([1, 1, d]));
    p.results([
      ...[same, row, column, vector, ones].map((other) => p.b.op("add", { a: x, b: other }, {})),
      p.b.op("add", { a: row, b: x }, {}),
      p.b.op("add", { a: column, b: ones }, {}),
    ]);
  },

  argMax(p, random, empty) {
    const x = p.feed("x", scores(random, empty), ["rows", "entries"]);
    p.results([p.b.op("argMax", { x }, {})]);
  },

  attention: attentionProblem,

  concat(p, random, empty) {
    const axis = random.integer(0, 2);
    const floats = random.pick([true, false]);
    const part = (name: string, size: number) => {
      const shape = [2, 3, 4].with(axis, size);
      const value = floats ? random.normal(shape) : random.integers(shape, -1000, 1000);
      return p.feed(
        name,
        value,
        [2, 3, 4].map((n, i) => (i === axis ? name : n)),
      );
    };
    const first = part("first", empty ? 0 : random.integer(1, 4));
    const second = part("second", random.integer(1, 4));
    p.results(
      [[first, second], [second, first, second], [first]].map((parts) => p.b.op("concat", { parts }, { axis })),
    );
  },

  embedding(p, random, empty) {
    const [v, d, b, s] = [random.integer(1, 9), random.integer(1, 6), random.integer(1, 3), random.integer(1, 4)];
    const table = p.weight("table", random.normal([v, d]));
    const ids = p.feed("ids", random.integers([b, empty ? 0 : s], 0, v - 1), ["batch", "text"]);
    const flat = p.feed("flat", int32([0, v - 1], [2]));
    p.results([p.b.op("embedding", { table, ids }, {}), p.b.op("embedding", { table, ids: flat }, {})]);
  },

  expand(p, random, empty) {
    const [b, d] = [empty ? 0 : random.integer(1, 4), random.integer(1, 5)];
    p.feed("size", random.normal([b]), ["batch"]);
    const x = p.feed("x", random.normal([1, 1, d]));
    const ids = p.feed("ids", random.integers([1, d, 1], -9, 9));
    p.results([
      p.b.op("expand", { x }, { shape: ["batch", 1, d] }),
      p.b.op("expand", { x }, { shape: ["2*batch + 1", 3, d] }),
      p.b.op("expand", { x: ids }, { shape: ["batch", d, 2] }),
    ]);
  },

  gatherRows(p, random, empty) {
    const [b, s, d] = [random.integer(1, 3), random.integer(1, 4), random.integer(1, 6)];
    const x = p.feed("x", random.normal([b, s, d]), ["batch", "text", d]);
    const rows = p.feed("rows", random.integers([empty ? 0 : random.integer(1, 5)], 0, b * s - 1), ["wanted"]);
    p.results([p.b.op("gatherRows", { x, rows }, {})]);
  },

  layerNorm(p, random, empty) {
    const [b, s, d] = [random.integer(1, 3), empty ? 0 : random.integer(1, 4), random.integer(2, 40)];
    const x = p.feed("x", random.normal([b, s, d], random.pick([0.1, 1, 30])), ["batch", "text", d]);
    const weight = p.weight("weight", random.normal([d]));
    const bias = p.weight("bias", random.normal([d]));
    p.results([p.b.op("layerNorm", { x, weight, bias }, { epsilon: random.pick([1e-12, 1e-5, 0.1]) })]);
  },

  linear(p, random, empty) {
    const [b, s] = [random.integer(1, 3), empty ? 0 : random.integer(1, 5)];
    const [k, n] = [random.integer(1, 20), random.integer(1, 9)];
    const weight = p.weight("weight", random.normal([n, k]));
    const bias = p.weight("bias", random.normal([n]));
    const x = p.feed("x", random.normal([b, s, k]), ["batch", "text", k]);
    const rows = p.feed("rows", random.normal([s, k]), ["text", k]);
    const vector = p.feed("vector", random.normal([k]));
    p.results([
      p.b.op("linear", { x, weight, bias }, {}),
      p.b.op("linear", { x, weight }, {}),
      p.b.op("linear", { x: rows, weight, bias }, {}),
      p.b.op("linear", { x: vector, weight, bias }, {}),
    ]);
  },

  logSumExp(p, random, empty) {
    const x = p.feed("x", scores(random, empty), ["rows", "entries"]);
    p.results([p.b.op("logSumExp", { x }, {})]);
  },

  maskTokens(p, random, empty) {
    const value = scores(random, false);
    const [rows = 0, entries = 0] = value.shape;
    const x = p.feed("x", value, ["rows", entries]);
    const few = random.integers([rows, empty ? 0 : random.integer(1, 9)], -1, Math.min(2, entries - 1));
    const many = random.integers([rows, 30], -1, entries - 1);
    p.results([
      p.b.op("maskTokens", { x, tokens: p.feed("few", few, ["rows", "few"]) }, {}),
      p.b.op("maskTokens", { x, tokens: p.feed("many", many, ["rows", 30]) }, {}),
    ]);
  },

  patchEmbedding(p, random, empty) {
    const [n, c, patch, d] = [empty ? 0 : random.integer(1, 3), random.pick([1, 3]), random.integer(1, 4), 5];
    const [rows, columns] = [random.integer(1, 3), random.integer(1, 3)];
    const shape = ["batch", c, `${patch}*rows`, `${patch}*columns`];
    const pixels = p.feed("pixels", random.normal([n, c, patch * rows, patch * columns]), shape);
    const weight = p.weight("weight", random.normal([d, c, patch, patch]));
    p.results([p.b.op("patchEmbedding", { pixels, weight }, {})]);
  },

  quantizedLinear: quantizedProblem,

  reshape(p, random, empty) {
    const [b, f, d] = [random.integer(1, 3), empty ? 0 : random.integer(1, 3), random.integer(1, 4)];
    const x = p.feed("x", values(random, [b, f, d, 2]), ["batch", "frames", d, 2]);
    const shapes = [
      ["batch*frames", d, 2],
      ["batch", "frames", 2 * d],
      [2 * d, "frames", 1, "batch"],
      [`${2 * d}*batch*frames`],
    ];
    p.results(shapes.map((shape) => p.b.op("reshape", { x }, { shape })));
  },

  split(p, random, empty) {
    const [image, text] = [random.integer(1, 4), empty ? 0 : random.integer(1, 4)];
    const axis = random.integer(0, 2);
    p.feed("image", random.normal([image]), ["image"]);
    p.feed("text", random.normal([text]), ["text"]);
    const x = p.feed(
      "x",
      values(random, [2, 3, 4].with(axis, image + text)),
      [2, 3, 4].map((n, i) => (i === axis ? "image + text" : n)),
    );
    p.results([
      ...p.b.ops("split", { x }, { axis, sizes: ["image", "text"] }),
      ...p.b.ops("split", { x }, { axis, sizes: ["text", 0, "image"] }),
      ...p.b.ops("split", { x }, { axis, sizes: ["image + text"] }),
    ]);
  },

  splitHeads(p, random, empty) {
    const [b, t, heads, d] = [random.integer(1, 3), empty ? 0 : random.integer(1, 5), random.integer(1, 4), 3];
    const x = p.feed("x", random.normal([b, t, heads * d]), ["batch", "text", heads * d]);
    p.results([p.b.op("splitHeads", { x }, { heads })]);
  },

  topK(p, random, empty) {
    const value = scores(random, empty);
    const entries = value.shape[1] ?? 0;
    const x = p.feed("x", value, ["rows", entries]);
    const counts = [1, Math.min(8, entries), Math.min(256, entries)];
    const named = random.integer(1, Math.min(9, entries));
    p.feed("wanted", int32(new Int32Array(named), [named]), ["wanted"]);
    p.results([...counts, "wanted"].flatMap((k) => p.b.ops("topK", { x }, { k })));
  },
};

/** Rows of a vocabulary's scores: of lengths that fit no tile, with many ties, some entries forbidden by −∞. */
function scores(random: Random, empty: boolean): HostTensor<"float32"> {
  const entries = random.pick([1, 2, 7, 64, 255, 256, 257, 1023, 3001, 30522]);
  const value = random.normal([empty ? 0 : random.integer(1, 5), entries], random.pick([0.1, 3, 30]));
  const [ties, forbidden] = [random.pick([true, false]), random.pick([0, 0.1, 0.5])];
  for (const [i, score] of value.data.entries()) {
    if (ties) value.data[i] = Math.round(score);
    // Not the first of a row: something has to be left.
    if (i % entries > 0 && random.uniform() < forbidden) value.data[i] = Number.NEGATIVE_INFINITY;
  }
  return value;
}

/** Ops that only move values do so with both dtypes that graphs have. */
function values(random: Random, shape: readonly number[]): HostTensor {
  return random.pick([true, false]) ? random.normal(shape) : random.integers(shape, -1000, 1000);
}
