// Does this GPU, or another backend, compute right? Drivers have bugs, and a caption that is wrong looks like one that is right. A small graph
// with what every model needs in it (products of one row and of many with float32 and with float16 weights, layerNorm,
// attention over two segments with a mask, the choice of a token) is compared with numbers from the reference backend.
// Products with int8 and int4 weights are not in it. A device that is opened anew after a loss is of the same GPU and is not
// tested again.
import type { Backend } from "@glimpsejs/backend";
import { GlimpseError, type Problem } from "@glimpsejs/base";
import {
  buildGraph,
  float32,
  floatToHalf,
  type HostTensor,
  int32,
  prune,
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
  const weights = new Map(
    all.map(([name, shape], seed): [string, Weight] => {
      const values = numbers(
        shape.reduce((product, n) => product * n, 1),
        seed,
      );
      const data = dtype === "float32" ? values : floatToHalf(values);
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

/** What a problem is about. */
function subjectOf(backend: Backend, dtype: "float32" | "float16"): string {
  return `self-test of backend "${backend.name}" with ${dtype} weights`;
}

/** What is wrong with a backend's results, for weights of one dtype; undefined if nothing is. */
async function compare(backend: Backend, dtype: "float32" | "float16"): Promise<Problem | undefined> {
  const subject = subjectOf(backend, dtype);
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
      const error = Math.max(...(golden?.y ?? []).map((value, j) => Math.abs(value - (got[j] ?? Number.NaN))));
      if (!(error <= 1e-4)) {
        return {
          subject,
          problem: `a result of ${n} rows is wrong`,
          expected: "an error of at most 1e-4",
          got: `${error}`,
        };
      }
      if (ids.data.join() !== int32(golden?.ids ?? [], [n]).data.join()) {
        return { subject, problem: `the tokens of ${n} rows are wrong` };
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
 * Computes a small graph and compares it with known numbers. Rejects with "backend-unavailable" where the backend computes
 * wrong with float32 weights, or not at all, so that another one is taken; what is wrong with float16 alone is in the
 * result.
 */
export async function selfTest(backend: Backend): Promise<SelfTestResult> {
  const failed = (dtype: "float32" | "float16") =>
    compare(backend, dtype).catch((cause: unknown): Problem => {
      if (GlimpseError.isInstance(cause) && (cause.code === "device-lost" || cause.code === "disposed")) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      return { subject: subjectOf(backend, dtype), problem: `it failed (${reason})` };
    });
  const plain = await failed("float32");
  if (plain !== undefined) throw new GlimpseError(plain, { code: "backend-unavailable" });
  if (!backend.dtypes.has("float16")) return { half: false, reason: undefined };
  const half = await failed("float16");
  return { half: half === undefined, reason: half && `${half.subject}: ${half.problem}` };
}
