// Does this GPU, or another backend, compute right? Drivers have bugs, and a caption that is wrong looks like one that is right. A small graph
// with what every model needs in it (products of one row and of many with float32 and with float16 weights, layerNorm,
// attention over two segments with a mask, the choice of a token) is compared with numbers from the reference backend, and
// products with int8 and int4 weights with what their definition gives.
import type { Backend } from "@glimpsejs/backend";
import { GlimpseError, type Problem } from "@glimpsejs/base";
import {
  buildGraph,
  dequantize,
  float32,
  floatToHalf,
  type HostTensor,
  int32,
  prune,
  type QuantizedFormat,
  type Weight,
  type WeightSource,
} from "@glimpsejs/graph";
import { expected } from "./self-test-golden.ts";

/** Rows of the graph: one goes through the kernels of decoding, many through those of prefill. */
export const selfTestRows = [1, 20] as const;

const [width, heads, vocabulary] = [32, 4, 40];
const d = width / heads;

/** Numbers that are the same everywhere and exact in float16. */
function numbers(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => (((i * 37 + seed * 101 + (i >> 3) * 13) % 64) - 32) / 64);
}

const shapes = { query: [width, width], up: [2 * width, width], down: [width, 2 * width], head: [vocabulary, width] };
const vectors = { upBias: [2 * width], scale: [width], shift: [width] };

/** The graph: x [n, D] with cached keys and values → y [n, D], ids [n]. */
export function selfTestGraph() {
  return buildGraph("selfTest", (b) => {
    const x = b.input("x", "float32", [1, "n", width]);
    const segment = (name: string) => b.input(name, "float32", [1, heads, 7, d]);
    const own = b.op("splitHeads", { x }, { heads });
    const weight = (name: keyof typeof shapes) => b.weight(name, shapes[name]);
    const query = b.op("linear", { x, weight: weight("query") }, {});
    const mask = b.input("mask", "float32", [1, "n", "n"]);
    const keys = { keys: [segment("keys"), own], values: [segment("values"), own] };
    const attended = b.op("add", { a: b.op("attention", { query, ...keys, mask }, { heads }), b: x }, {});
    const affine = { weight: b.weight("scale", vectors.scale), bias: b.weight("shift", vectors.shift) };
    const normed = b.op("layerNorm", { x: attended, ...affine }, { epsilon: 1e-5 });
    const up = b.op("linear", { x: normed, weight: weight("up"), bias: b.weight("upBias", vectors.upBias) }, {});
    const active = b.op("activation", { x: up }, { function: "gelu" });
    const y = b.op("add", { a: b.op("linear", { x: active, weight: weight("down") }, {}), b: normed }, {});
    b.output("y", y);
    const logits = b.op("linear", { x: y, weight: weight("head") }, {});
    b.output("ids", b.op("argMax", { x: b.op("reshape", { x: logits }, { shape: ["n", vocabulary] }) }, {}));
  });
}

/** The weights, stored as float32 or float16; the numbers are the same. */
export function selfTestWeights(dtype: "float32" | "float16"): WeightSource {
  const all = Object.entries({ ...shapes, ...vectors });
  const stored = all.map(([name, shape], seed): [string, Stored] => {
    const values = numbers(
      shape.reduce((product, n) => product * n, 1),
      seed,
    );
    return [name, { dtype, shape, data: dtype === "float32" ? values : floatToHalf(values) }];
  });
  return sourceOf(Object.fromEntries(stored));
}

interface Stored extends Pick<Weight, "dtype" | "shape"> {
  readonly data: Float32Array | Uint16Array | Int8Array | Uint8Array;
}

/** Weights that are in memory. */
function sourceOf(stored: Readonly<Record<string, Stored>>): WeightSource {
  const weights = new Map(
    Object.entries(stored).map(([name, { dtype, shape, data }]): [string, Weight] => {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return [name, { dtype, shape, byteLength: bytes.length, bytes: async () => bytes }];
    }),
  );
  return { names: [...weights.keys()], get: (name) => weights.get(name) };
}

/** The feeds for `n` rows; a row sees itself and those before it. */
export function selfTestFeeds(n: number): Readonly<Record<string, HostTensor>> {
  const mask = Float32Array.from({ length: n * n }, (_, i) => (i % n <= Math.floor(i / n) ? 0 : -1e30));
  return {
    x: float32(numbers(n * width, 11), [1, n, width]),
    keys: float32(numbers(7 * width, 12), [1, heads, 7, d]),
    values: float32(numbers(7 * width, 13), [1, heads, 7, d]),
    mask: float32(mask, [1, n, n]),
  };
}

/** A dtype of weights that is tested. */
type Tested = "float32" | "float16" | "int8" | "int4";

const [inner, columns] = [64, 24];
const formats: Readonly<Record<"int8" | "int4", QuantizedFormat>> = {
  int8: { bits: 8, block: inner },
  int4: { bits: 4, block: 32 },
};

/**
 * A product with a quantized weight, its weights, and what it gives for rows of zeros and ones: those are the same on
 * backends that round rows to 8 bits, too, and |q| ≤ 63 keeps two products within 16 bits, which some processors add them in.
 */
export function quantizedTest(dtype: "int8" | "int4") {
  const format = formats[dtype];
  const blocks = inner / format.block;
  const stored = (inner * format.bits) / 8;
  const bytes = Uint8Array.from({ length: columns * stored }, (_, i) => (i * 37 + (i >> 6) * 11) % 127);
  const data =
    dtype === "int8" ? Int8Array.from(bytes, (byte) => byte - 63) : bytes.map((byte) => 2 * byte + (byte & 1));
  const scales = Float32Array.from({ length: columns * blocks }, (_, i) => (1 + (i % 3)) / 4096);
  const graph = buildGraph("quantizedTest", (b) => {
    const x = b.input("x", "float32", [1, "n", inner]);
    const weight = b.weight("q", [columns, stored], dtype === "int8" ? "int8" : "uint8");
    b.output("y", b.op("quantizedLinear", { x, weight, scales: b.weight("scales", [columns, blocks]) }, format));
  });
  const weights = sourceOf({
    q: { dtype: dtype === "int8" ? "int8" : "uint8", shape: [columns, stored], data },
    scales: { dtype: "float32", shape: [columns, blocks], data: scales },
  });
  const x = (n: number) => {
    return float32(
      numbers(n * inner, 14).map((value) => (value > 0 ? 1 : 0)),
      [1, n, inner],
    );
  };
  const w = dequantize({ data, scales }, format);
  const y = (n: number) => {
    const rows = x(n).data;
    return Float32Array.from({ length: n * columns }, (_, i) => {
      const [row, column] = [Math.floor(i / columns) * inner, (i % columns) * inner];
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += (rows[row + k] ?? 0) * (w[column + k] ?? 0);
      return sum;
    });
  };
  return { graph, weights, x, y };
}

/** What a problem is about. */
function subjectOf(backend: Backend, dtype: Tested): string {
  return `self-test of backend "${backend.name}" with ${dtype} weights`;
}

/** By how much results may be off. In WebAssembly int4 weights become int8, which was 2e-4 off here. */
const tolerance: Readonly<Record<Tested, number>> = { float32: 1e-4, float16: 1e-4, int8: 1e-4, int4: 1e-3 };

/** What is wrong with the numbers of a backend; undefined if nothing is. */
function problemOf(
  backend: Backend,
  dtype: Tested,
  rows: number,
  got: ArrayLike<number>,
  golden: ArrayLike<number>,
): Problem | undefined {
  const error = Math.max(...Array.from(golden, (value, i) => Math.abs(value - (got[i] ?? Number.NaN))));
  if (error <= tolerance[dtype]) return undefined;
  return {
    subject: subjectOf(backend, dtype),
    problem: `a result of ${rows} rows is wrong`,
    expected: `an error of at most ${tolerance[dtype]}`,
    got: `${error}`,
  };
}

/** What is wrong with a backend's products with quantized weights; undefined if nothing is. */
async function compareQuantized(backend: Backend, dtype: "int8" | "int4"): Promise<Problem | undefined> {
  const { graph, weights, x, y } = quantizedTest(dtype);
  const program = await backend.compile({ graph }, weights);
  try {
    for (const n of selfTestRows) {
      const outputs = await program.run("graph", { x: x(n) }, ["y"]);
      const { data } = await outputs.y.read();
      outputs.y.dispose();
      const problem = problemOf(backend, dtype, n, Array.from(data, Number), y(n));
      if (problem !== undefined) return problem;
    }
    return undefined;
  } finally {
    await program.dispose();
  }
}

/** What is wrong with a backend's results, for weights of one dtype; undefined if nothing is. */
async function compare(backend: Backend, dtype: Tested): Promise<Problem | undefined> {
  if (dtype === "int8" || dtype === "int4") return compareQuantized(backend, dtype);
  const program = await backend.compile({ selfTest: prune(selfTestGraph()) }, selfTestWeights(dtype));
  try {
    for (const [i, n] of selfTestRows.entries()) {
      const outputs = await program.run("selfTest", selfTestFeeds(n), ["y", "ids"]);
      const [y, ids] = [await outputs.y.read(), await outputs.ids.read()];
      outputs.y.dispose();
      outputs.ids.dispose();
      const golden = expected[i];
      // The golden numbers are some of each row: the first elements of the first and the last.
      const got = [...y.data.slice(0, 8), ...y.data.slice(-8)].map(Number);
      const problem = problemOf(backend, dtype, n, got, golden?.y ?? []);
      if (problem !== undefined) return problem;
      if (ids.data.join() !== int32(golden?.ids ?? [], [n]).data.join()) {
        return { subject: subjectOf(backend, dtype), problem: `the tokens of ${n} rows are wrong` };
      }
    }
    return undefined;
  } finally {
    await program.dispose();
  }
}

/** What a self-test found. */
export interface SelfTestResult {
  /** Whether float16 weights may stay float16; false for a backend that has no such weights. */
  readonly half: boolean;
  /** What was wrong with them, if something was. */
  readonly reason: string | undefined;
}

/**
 * Computes small graphs and compares them with known numbers. Rejects with "backend-unavailable" where the backend computes
 * wrong with float32, int8 or int4 weights (of those that it takes), or not at all, so that another one is taken; what is
 * wrong with float16 alone is in the result.
 */
export async function selfTest(backend: Backend): Promise<SelfTestResult> {
  const failed = (dtype: Tested) =>
    compare(backend, dtype).catch((cause: unknown): Problem => {
      if (GlimpseError.isInstance(cause) && (cause.code === "device-lost" || cause.code === "disposed")) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      return { subject: subjectOf(backend, dtype), problem: `it failed (${reason})` };
    });
  const needed = (["float32", "int8", "int4"] as const).filter((dtype) => {
    return backend.dtypes.has(dtype === "int4" ? "uint8" : dtype);
  });
  for (const dtype of needed) {
    const problem = await failed(dtype);
    if (problem !== undefined) throw new GlimpseError(problem, { code: "backend-unavailable" });
  }
  if (!backend.dtypes.has("float16")) return { half: false, reason: undefined };
  const half = await failed("float16");
  return { half: half === undefined, reason: half && `${half.subject}: ${half.problem}` };
}
