// Kernels against the reference backend on shapes that the conformance suite is too small for: rows of a picture and of a
// clip (197, 901), widths that are no multiple of anything, float16 and quantized weights, a vocabulary.
import type { Backend } from "@glimpsejs/backend";
import { reference } from "@glimpsejs/backend-reference";
import { expectClose } from "@glimpsejs/conformance";
import {
  type Builder,
  buildGraph,
  elementCount,
  float32,
  floatToHalf,
  type Graph,
  type HostTensor,
  int32,
  type Value,
  type WeightSource,
} from "@glimpsejs/graph";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { noGpu } from "../../../tooling/gpu/swiftshader.mjs";
import type { Gpu } from "./gpu.ts";
import { type WebGpuBackend, webgpu } from "./index.ts";

vi.setConfig({ testTimeout: 120_000 });

const tolerance = { absolute: 2e-5, relative: 2e-5 };

/** Numbers that look random, around 0. */
function noise(shape: readonly number[], scale = 1, seed = 1): HostTensor<"float32"> {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * 2 * scale;
  };
  return float32(Float32Array.from({ length: elementCount(shape) }, next), shape);
}

function half(tensor: HostTensor<"float32">): HostTensor<"float16"> {
  return { dtype: "float16", shape: tensor.shape, data: floatToHalf(tensor.data) };
}

function source(tensors: Readonly<Record<string, HostTensor>>): WeightSource {
  return {
    names: Object.keys(tensors),
    get(name) {
      const tensor = tensors[name];
      if (tensor === undefined) return undefined;
      const bytes = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
      return { dtype: tensor.dtype, shape: tensor.shape, byteLength: bytes.length, bytes: async () => bytes };
    },
  };
}

interface Case {
  readonly graph: Graph;
  readonly weights: Readonly<Record<string, HostTensor>>;
  readonly feeds: Readonly<Record<string, HostTensor>>;
}

/** A graph whose inputs and weights are tensors. */
function build(
  make: (b: Builder, feed: (n: string, t: HostTensor) => Value, weight: (n: string, t: HostTensor) => Value) => Value,
): Case {
  const weights: Record<string, HostTensor> = {};
  const feeds: Record<string, HostTensor> = {};
  const graph = buildGraph("case", (b) => {
    const feed = (name: string, tensor: HostTensor) => {
      feeds[name] = tensor;
      return b.input(name, tensor.dtype, tensor.shape);
    };
    const weight = (name: string, tensor: HostTensor) => {
      weights[name] = tensor;
      const isFloat = tensor.dtype !== "int8" && tensor.dtype !== "uint8";
      return b.weight(name, tensor.shape, isFloat ? "float32" : tensor.dtype);
    };
    b.output("y", make(b, feed, weight));
  });
  return { graph, weights, feeds };
}

/** A product, an activation, a second product and a sum: k to n to k wide. */
function linearCase(m: number, k: number, n: number): Case {
  return build((b, feed, weight) => {
    const x = feed("x", noise([m, k]));
    const first = { x, weight: weight("w", noise([n, k], 0.3, 2)), bias: weight("b", noise([n], 1, 3)) };
    const active = b.op("activation", { x: b.op("linear", first, {}) }, { function: "gelu" });
    const second = b.op("linear", { x: active, weight: weight("w2", noise([k, n], 0.3, 4)) }, {});
    return b.op("add", { a: x, b: second }, {});
  });
}

/** An embedding and a product with float16 weights. */
function halfCase(m: number): Case {
  const tokens = Int32Array.from({ length: m }, (_, i) => (i * 7) % 50);
  return build((b, feed, weight) => {
    const ids = feed("ids", int32(tokens, [m]));
    const x = b.op("embedding", { table: weight("table", half(noise([50, 64]))), ids }, {});
    return b.op("linear", { x, weight: weight("w", half(noise([30, 64], 0.3, 2))) }, {});
  });
}

/** A quantizedLinear of 37 outputs; int8 with a scale a row, int4 in blocks of 32. */
function quantizedCase(bits: 8 | 4, m: number, k: number): Case {
  const n = 37;
  const block = bits === 8 ? k : 32;
  const random = noise([n, bits === 8 ? k : k / 2], 1, 5).data;
  const stored: HostTensor =
    bits === 8
      ? { dtype: "int8", shape: [n, k], data: Int8Array.from(random, (v) => Math.round(v * 127)) }
      : { dtype: "uint8", shape: [n, k / 2], data: Uint8Array.from(random, (v) => Math.round((v + 1) * 127)) };
  return build((b, feed, weight) => {
    const scales = weight("s", noise([n, k / block], 0.02, 6));
    const inputs = { x: feed("x", noise([m, k])), weight: weight("w", stored), scales };
    return b.op("quantizedLinear", { ...inputs, bias: weight("b", noise([n], 1, 7)) }, { bits, block });
  });
}

// Kept while there are devices of it: Dawn frees it when it is garbage.
let gpu: Gpu;

/** layerNorm of nearly equal numbers. */
function normCase(m: number, d: number): Case {
  const x = noise([m, d], 1e-3);
  for (const [i, value] of x.data.entries()) x.data[i] = value + 5;
  return build((b, feed, weight) => {
    const inputs = { x: feed("x", x), weight: weight("w", noise([d], 1, 2)), bias: weight("b", noise([d], 1, 3)) };
    return b.op("layerNorm", inputs, { epsilon: 1e-12 });
  });
}

describe.skipIf(noGpu !== undefined)(`ops on WebGPU${noGpu === undefined ? "" : ` (skipped: ${noGpu})`}`, () => {
  let backend: Backend;
  let oracle: Backend;
  beforeAll(async () => {
    [backend, oracle] = await Promise.all([webgpu({ selfTest: false }).open(), reference().open()]);
  });
  afterAll(() => Promise.all([backend.dispose(), oracle.dispose()]));

  async function solve(on: Backend, { graph, weights, feeds }: Case): Promise<HostTensor> {
    const program = await on.compile({ graph }, source(weights));
    const { y } = await program.run("graph", feeds, ["y"]);
    const value = await y.read();
    await program.dispose();
    return value;
  }

  async function same(problem: Case, on = backend): Promise<void> {
    expectClose(await solve(on, problem), await solve(oracle, problem), tolerance);
  }

  test.each([
    [1, 3, 5],
    [1, 64, 3072],
    [3, 65, 33],
    [8, 40, 24],
    [9, 68, 130],
    [12, 8, 8200], // so many columns are tiles of 16 rows
    [20, 8, 8200], // of 32
    [31, 36, 33],
    [33, 20, 33],
    [197, 17, 31],
    [197, 64, 48],
    [901, 12, 19],
    [901, 64, 65],
  ])("linear with %i rows, %i to %i wide", async (m, k, n) => {
    await same(linearCase(m, k, n));
  });

  test.each([1, 5, 197])("float16 weights with %i rows, exactly as they are stored", async (m) => {
    await same(halfCase(m));
  });

  test.each([
    [8, 1, 64],
    [8, 5, 36],
    [8, 17, 36],
    [8, 197, 33],
    [4, 1, 64],
    [4, 3, 96],
    [4, 33, 32],
  ] as const)("quantizedLinear of %i bits with %i rows, %i wide", async (bits, m, k) => {
    const problem = quantizedCase(bits, m, k);
    // The reference rounds rows to 8 bits, if it does, by its own rule; here they are float32.
    expectClose(await solve(backend, problem), exactProduct(problem, bits, bits === 8 ? k : 32), tolerance);
  });

  // What is handed in here has no subgroups, as WebGPU's default device: sums of products of few rows and of layerNorm meet in
  // another way.
  describe("on a device without features", () => {
    let plain: WebGpuBackend;
    beforeAll(async () => {
      const name = "webgpu"; // not a literal, as its types are those of the DOM
      const { create } = (await import(name)) as { create(options: string[]): Gpu };
      gpu = create([]);
      const device = await (await gpu.requestAdapter())?.requestDevice({ requiredFeatures: [] });
      if (device === undefined) throw new Error("there is no adapter.");
      expect([...device.features]).not.toContain("subgroups");
      plain = await webgpu({ device, selfTest: false }).open();
    });
    afterAll(async () => {
      await plain.dispose();
      plain.device.destroy();
    });

    test.each([
      [1, 3, 5],
      [1, 64, 300],
      [3, 65, 33],
      [8, 40, 24],
      [17, 20, 33],
    ])("linear with %i rows, %i to %i wide", (m, k, n) => same(linearCase(m, k, n), plain));

    test.each([
      [1, 768],
      [3, 5],
    ])("layerNorm of %i rows %i wide", (m, d) => same(normCase(m, d), plain));

    test.each([1, 5])("float16 weights with %i rows", (m) => same(halfCase(m), plain));

    test.each([
      [8, 1, 64],
      [8, 5, 36],
      [4, 1, 64],
      [4, 3, 96],
    ] as const)("quantizedLinear of %i bits with %i rows, %i wide", async (bits, m, k) => {
      const problem = quantizedCase(bits, m, k);
      expectClose(await solve(plain, problem), exactProduct(problem, bits, bits === 8 ? k : 32), tolerance);
    });
  });

  test.each([
    [1, 768],
    [2, 300],
    [1, 2049],
    [3, 5],
    [197, 30],
    [901, 7],
  ])("layerNorm of %i rows %i wide, and of nearly equal numbers", (m, d) => same(normCase(m, d)));

  test.each([
    { rows: 1, d: 64, lengths: [197, 5], masked: true },
    { rows: 4, d: 8, lengths: [5, 300], masked: true },
    { rows: 1, d: 4, lengths: [901], masked: false },
    { rows: 197, d: 64, lengths: [197], masked: false },
    { rows: 21, d: 20, lengths: [30, 21], masked: true },
    { rows: 17, d: 128, lengths: [33], masked: false },
    { rows: 9, d: 6, lengths: [10, 9], masked: true },
    { rows: 3, d: 12, lengths: [7, 4, 9, 3], masked: true },
  ])("attention of $rows rows, heads of $d, keys $lengths", async ({ rows, d, lengths, masked }) => {
    const [batch, heads] = [2, 2];
    const last = lengths.at(-1) ?? 0;
    const mask = noise([batch, rows, last], 1, 9);
    for (const [i, value] of mask.data.entries()) mask.data[i] = value > 0.3 && i % last !== 0 ? -1e30 : 0;
    await same(
      build((b, feed) => {
        const query = feed("q", noise([batch, rows, heads * d]));
        const segment = (kind: string, seed: number) =>
          lengths.map((length, i) => feed(`${kind}${i}`, noise([batch, heads, length, d], 1, seed + i)));
        const inputs = { query, keys: segment("k", 20), values: segment("v", 40) };
        return b.op("attention", { ...inputs, mask: masked ? feed("mask", mask) : undefined }, { heads });
      }),
    );
  });

  test("patchEmbedding of patches that are no multiple of 4", async () => {
    for (const [patch, d] of [
      [14, 10],
      [5, 33],
      [4, 64],
    ] as const) {
      await same(
        build((b, feed, weight) => {
          const pixels = feed("x", noise([2, 3, 3 * patch, 4 * patch]));
          return b.op("patchEmbedding", { pixels, weight: weight("w", noise([d, 3, patch, patch], 0.1, 2)) }, {});
        }),
      );
    }
  });

  test("choices from a vocabulary, ties and −∞ included", async () => {
    const v = 30_522;
    const x = noise([3, v], 5);
    x.data.fill(Number.NEGATIVE_INFINITY, 10, 3000);
    x.data[20_000] = x.data[1000] = 9;
    x.data[v + 5] = x.data[v + 29_000] = 9;
    x.data.fill(Number.NEGATIVE_INFINITY, 2 * v, 3 * v - 3);
    const graph = buildGraph("choices", (b) => {
      const logits = b.input("x", "float32", ["n", v]);
      b.output("best", b.op("argMax", { x: logits }, {}));
      b.output("sum", b.op("logSumExp", { x: logits }, {}));
      const [values, indices] = b.ops("topK", { x: logits }, { k: 3 });
      b.output("values", values ?? logits);
      b.output("indices", indices ?? logits);
    });
    const [got, wanted] = await Promise.all(
      [backend, oracle].map(async (on) => {
        const program = await on.compile({ graph }, source({}));
        const outputs = await program.run("graph", { x });
        const read = await Promise.all(
          (["best", "sum", "values", "indices"] as const).map(async (name) => outputs[name]?.read()),
        );
        await program.dispose();
        return read;
      }),
    );
    for (const [i, tensor] of (got ?? []).entries()) {
      const expected = wanted?.[i];
      if (tensor === undefined || expected === undefined) throw new Error("an output is missing.");
      expectClose(tensor, expected, tensor.dtype === "int32" ? { absolute: 0, relative: 0 } : tolerance);
    }
    expect(got?.[0]?.data[1]).toBe(5);
  });
});

/** The product in double precision, from the format's definition. */
function exactProduct({ weights, feeds }: Case, bits: 8 | 4, block: number): HostTensor<"float32"> {
  const [x, w, s, bias] = [feeds["x"], weights["w"], weights["s"], weights["b"]];
  const [m = 0, k = 0] = x?.shape ?? [];
  const n = w?.shape[0] ?? 0;
  const q = (row: number, column: number) => {
    if (bits === 8) return Number(w?.data[row * k + column]);
    const byte = Number(w?.data[(row * k + column) >> 1]);
    return (column % 2 === 0 ? byte & 15 : byte >> 4) - 8;
  };
  const y = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = Number(bias?.data[j]);
      for (let c = 0; c < k; c++) {
        const scale = Number(s?.data[j * (k / block) + Math.floor(c / block)]);
        sum += Number(x?.data[i * k + c]) * q(j, c) * scale;
      }
      y[i * n + j] = sum;
    }
  }
  return float32(y, [m, n]);
}
