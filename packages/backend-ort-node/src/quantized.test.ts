// The models that other targets get for quantizedLinear, run on the CPU, which has all their ops: are the changed forms
// of the weights the same weights? What the conformance suite checks for "cpu" is not repeated here.
import { buildGraph, dequantize, type QuantizedFormat, quantize } from "@glimpsejs/graph";
import { type OnnxTarget, type OnnxWeight, toOnnx } from "@glimpsejs/onnx";
import ort from "onnxruntime-node";
import { expect, test } from "vitest";

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
