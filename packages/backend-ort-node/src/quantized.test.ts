// The models that other targets get for quantizedLinear, run on the CPU, which has all their ops: are the changed forms
// of the weights the same weights? What the conformance suite checks for "cpu" is not repeated here.
import type { DeviceTensor } from "@glimpsejs/backend";
import {
  buildGraph,
  dequantize,
  float32,
  type HostTensor,
  type QuantizedFormat,
  quantize,
  type WeightSource,
} from "@glimpsejs/graph";
import { type OnnxTarget, type OnnxWeight, toOnnx } from "@glimpsejs/onnx";
import ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { ortNode } from "./ort-node.ts";

const bytes = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** A row of x that has one 1: y is then a column of the weight, and rounding x changes nothing. */
async function columns(target: OnnxTarget, n: number, format: QuantizedFormat, k: number) {
  const values = Float32Array.from({ length: n * k }, (_, i) => Math.sin(i * i));
  const quantized = quantize(values, format, "w");
  const stored: Record<string, OnnxWeight> = {
    w: { dtype: format.bits === 8 ? "int8" : "uint8", data: bytes(quantized.data) },
    s: { dtype: "float32", data: bytes(quantized.scales) },
  };
  const graph = buildGraph("quantized", (b) => {
    const weight = format.bits === 8 ? b.weight("w", [n, k], "int8") : b.weight("w", [n, k / 2], "uint8");
    const inputs = { x: b.input("x", "float32", ["rows", k]), weight, scales: b.weight("s", [n, k / format.block]) };
    b.output("y", b.op("quantizedLinear", inputs, format));
  });
  const session = await ort.InferenceSession.create(
    toOnnx(graph, (name) => stored[name] ?? { dtype: "float32", data: new Uint8Array() }, target),
    { logSeverityLevel: 4 },
  );
  const identity = Float32Array.from({ length: k * k }, (_, i) => (i % (k + 1) === 0 ? 1 : 0));
  const { y } = await session.run({ x: new ort.Tensor("float32", identity, [k, k]) });
  await session.release();
  const w = dequantize(quantized, format);
  let worst = 0;
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < n; j++) worst = Math.max(worst, Math.abs(Number(y?.data[i * n + j]) - (w[j * k + i] ?? 0)));
  }
  return worst;
}

// 20 and 8 are no multiples of any block that MatMulNBits has, 48 is one of 16 only.
test.each([8, 20, 48, 64, 256])("8 bits on webgpu, %i wide", async (k) => {
  expect(await columns("webgpu", 7, { bits: 8, block: k }, k)).toBeLessThan(1e-6);
});

test.each([16, 32, 128])("4 bits on webgpu, blocks of %i", async (block) => {
  expect(await columns("webgpu", 7, { bits: 4, block }, 256)).toBeLessThan(1e-6);
});

test("8 bits on wasm are those that are stored", async () => {
  expect(await columns("wasm", 7, { bits: 8, block: 48 }, 48)).toBeLessThan(1e-6);
});

test("4 bits on wasm are rounded to 8: half a step of the largest of a row", async () => {
  expect(await columns("wasm", 7, { bits: 4, block: 32 }, 64)).toBeLessThan(0.5 / 127 + 1e-6);
});

test("a graph that carries nothing gets 8 bits for 4, unless it is to be compact: half a step of a row's largest", async () => {
  const [n, k] = [5, 64];
  const format: QuantizedFormat = { bits: 4, block: 16 };
  const quantized = quantize(
    Float32Array.from({ length: n * k }, (_, i) => Math.sin(i * i)),
    format,
    "w",
  );
  const stored: Record<string, HostTensor> = {
    "w.int4": { dtype: "uint8", shape: [n, k / 2], data: Uint8Array.from(quantized.data) },
    "w.scales": float32(quantized.scales, [n, k / 16]),
  };
  const graph = buildGraph("quantized", (b) => {
    const weight = b.weight("w.int4", [n, k / 2], "uint8");
    const inputs = { x: b.input("x", "float32", ["rows", k]), weight, scales: b.weight("w.scales", [n, k / 16]) };
    b.output("y", b.op("quantizedLinear", inputs, format));
  });
  const identity = Float32Array.from({ length: k * k }, (_, i) => (i % (k + 1) === 0 ? 1 : 0));
  const w = dequantize(quantized, format);
  for (const [compact, least, most] of [
    [true, 0, 1e-6],
    [false, 1e-4, 0.5 / 127 + 1e-6],
  ] as const) {
    const backend = await ortNode({ compact }).open();
    const program = await backend.compile({ graph }, source(stored));
    const { y } = await program.run("graph", { x: float32(identity, [k, k]) });
    const { data } = await (y as DeviceTensor).read();
    if (!(data instanceof Float32Array)) throw new TypeError("y is float32.");
    const errors = Array.from(data, (value, i) => Math.abs(value - (w[(i % n) * k + Math.floor(i / n)] ?? 0)));
    expect(Math.max(...errors)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...errors)).toBeLessThan(most);
    await backend.dispose();
  }
});

test("weights of graphs that carry nothing stay in their file at first, and 8 bits that are at hand are not made", async () => {
  const [n, k] = [64, 64];
  const format = { bits: 4, block: 16 } as const;
  const four = quantize(new Float32Array(n * k).fill(1), format, "w");
  const eight = quantize(new Float32Array(n * k).fill(3), { bits: 8, block: k }, "w"); // not what the 4 bits say
  const stored = source({
    "w.int4": { dtype: "uint8", shape: [n, k / 2], data: Uint8Array.from(four.data) },
    "w.scales": float32(four.scales, [n, k / 16]),
  });
  const wide = source({
    weight: { dtype: "int8", shape: [n, k], data: Int8Array.from(eight.data) },
    scales: float32(eight.scales, [n, 1]),
  });
  const [weight, scales] = [wide.get("weight"), wide.get("scales")];
  if (weight === undefined || scales === undefined) throw new TypeError("both are there.");
  const eightBits = { format: { bits: 8, block: k }, weight, scales } as const;
  const atHand: WeightSource = {
    ...stored,
    get(name) {
      const found = stored.get(name);
      return found !== undefined && name === "w.int4" ? { ...found, eightBits } : found;
    },
  };
  const build = (name: string, carries: boolean) =>
    buildGraph(name, (b) => {
      const w = b.weight("w.int4", [n, k / 2], "uint8");
      const inputs = { x: b.input("x", "float32", ["rows", k]), weight: w, scales: b.weight("w.scales", [n, k / 16]) };
      b.output("y", b.op("quantizedLinear", inputs, format));
      if (carries) b.carry("x", "y");
    });
  const opened: unknown[] = [];
  const { InferenceSession, Tensor } = ort;
  const create = (...args: Parameters<typeof InferenceSession.create>) => {
    opened.push((args[1] as { extra?: { session?: Record<string, string> } }).extra?.session?.["disable_prepacking"]);
    return InferenceSession.create(...args);
  };
  const backend = await ortNode({ ort: { InferenceSession: { create }, Tensor } }).open();
  const program = await backend.compile({ picture: build("picture", false), text: build("text", true) }, atHand);
  const ones = float32(new Float32Array(2 * k).fill(1), [2, k]);
  const first = async (graph: "picture" | "text") => {
    const { y } = await program.run(graph, { x: ones });
    const { data } = await (y as DeviceTensor).read();
    return Number(data[0]);
  };
  expect(await first("picture")).toBeCloseTo(3 * k, 3);
  expect(await first("text")).toBeCloseTo(k, 3);
  expect(opened).toEqual(["0", "1"]); // while little is in memory, the one that is packed

  for (let i = 0; i < 32; i++) await program.run("picture", { x: ones });
  expect(await first("picture")).toBeCloseTo(3 * k, 3);
  expect(opened).toEqual(["0", "1", "0"]);
  await backend.dispose();
});

function source(tensors: Readonly<Record<string, HostTensor>>): WeightSource {
  return {
    names: Object.keys(tensors),
    get(name) {
      const tensor = tensors[name];
      if (tensor === undefined) return undefined;
      const all = bytes(tensor.data);
      return { dtype: tensor.dtype, shape: tensor.shape, byteLength: all.length, bytes: async () => all };
    },
  };
}
