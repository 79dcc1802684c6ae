// quantizedLinear → integer products, with nodes that each provider has and is fast at (see target.ts). MatMulNBits is
// never emitted without accuracy_level 4: on CPU its other kernels are up to 150 times as slow.
// Measured with ONNX Runtime 1.30 on two threads of a Zen 4 EPYC, K 768, N 3072, 197 rows and one: QGemm 1.9 and 0.07
// ms, DynamicQuantizeMatMul the same but with the weight transposed; MatMulNBits of 8 bits 2.7 and 0.06 ms.
import { dequantize, type Node, quantize, viewAs } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** [..., K] → [..., N] */
export function quantizedLinear(node: Node<"quantizedLinear">, e: Emitter): readonly string[] {
  const { bits } = node.attributes;
  const nBits = e.target === "webgpu" || (e.target === "cpu" && bits === 4);
  return [nBits ? matMulNBits(node, e) : roundedProduct(node, e)];
}

/** One node: x is rounded block by block, inside. */
function matMulNBits(node: Node<"quantizedLinear">, e: Emitter): string {
  const { inputs, attributes } = node;
  const [n, k] = sizes(node, e);
  const { bits } = attributes;
  const { weight, scales, block } = bits === 4 ? halves(node, e) : offsetBytes(node, e);
  const bias = inputs.bias === undefined ? [] : ["", "", e.nameOf(inputs.bias)];
  const parameters = { K: k, N: n, bits, block_size: block, accuracy_level: 4 };
  return e.node("com.microsoft.MatMulNBits", [e.nameOf(inputs.x), weight, scales, ...bias], parameters);
}

/**
 * x rounded to uint8 with one scale for all its rows, once for all products of the same x; then a product of integers
 * with a scale per column. Where the weight does not come transposed, it is transposed when the model is loaded.
 */
function roundedProduct(node: Node<"quantizedLinear">, e: Emitter): string {
  const { inputs, attributes } = node;
  const rounded = e.once(`rounded ${inputs.x}`, () =>
    e.nodeWithOutputs("DynamicQuantizeLinear", [e.nameOf(inputs.x)], {}, 3),
  );
  const [x = "", xScale = "", xZero = ""] = rounded;
  const [weight, scales] = attributes.bits === 8 ? [columns(node, e), columnScales(node, e)] : eightBits(node, e);
  const bias = inputs.bias === undefined ? [] : ["", e.nameOf(inputs.bias)];
  return e.node("com.microsoft.MatMulIntegerToFloat", [x, weight, xScale, scales, xZero, ...bias]);
}

/** N and K of a node. */
function sizes({ inputs }: Node<"quantizedLinear">, e: Emitter): readonly [number, number] {
  return [Number(e.typeOf(inputs.weight).shape[0]), Number(e.typeOf(inputs.x).shape.at(-1))];
}

interface Blocks {
  readonly weight: string;
  readonly scales: string;
  readonly block: number;
}

/** 4 bits are stored as MatMulNBits wants them: [N, K/2] is [N, K/block, block/2]. */
function halves(node: Node<"quantizedLinear">, e: Emitter): Blocks {
  const { inputs, attributes } = node;
  const { block } = attributes;
  const [n, k] = sizes(node, e);
  const { data } = e.storedWeight(inputs.weight);
  const weight = e.weight(`${inputs.weight} in blocks`, "uint8", [n, k / block, block / 2], data);
  return { weight, scales: e.nameOf(inputs.scales), block };
}

/** 8 bits for MatMulNBits: q + 128 as uint8, in blocks that repeat the scale of their row; the last one filled up. */
function offsetBytes(node: Node<"quantizedLinear">, e: Emitter): Blocks {
  const { inputs } = node;
  const [n, k] = sizes(node, e);
  const block = [128, 64, 32].find((size) => k % size === 0) ?? 16;
  const blocks = Math.ceil(k / block);
  const name = `${inputs.weight} + 128`;
  const q = bytes(inputs.weight, e);
  const offset = new Uint8Array(n * blocks * block).fill(128);
  const stored = bytes(inputs.scales, e);
  const scales = viewAs(stored, "float32");
  const repeated = new Float32Array(n * blocks);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < k; i++) offset[row * blocks * block + i] = (q[row * k + i] ?? 0) ^ 128;
    repeated.fill(scales[row] ?? 0, row * blocks, (row + 1) * blocks);
  }
  return {
    weight: e.weight(name, "uint8", [n, blocks, block], offset),
    scales: e.weight(`${inputs.scales} of blocks`, "float32", [n, blocks], new Uint8Array(repeated.buffer)),
    block,
  };
}

/** An 8-bit weight as [K, N]. */
function columns(node: Node<"quantizedLinear">, e: Emitter): string {
  const { weight } = node.inputs;
  const { data, dtype, isTransposed } = e.storedWeight(weight);
  if (isTransposed !== true) return e.node("Transpose", [e.nameOf(weight)], { perm: [1, 0] });
  const [n, k] = sizes(node, e);
  return e.weight(`${weight} transposed`, dtype, [k, n], data);
}

/** 4 bits as 8, [K, N]: the values again, then one scale per row. */
function eightBits(node: Node<"quantizedLinear">, e: Emitter): readonly [string, string] {
  const { inputs, attributes } = node;
  const [n, k] = sizes(node, e);
  const stored = { data: bytes(inputs.weight, e), scales: viewAs(bytes(inputs.scales, e), "float32") };
  const subject = `weight "${inputs.weight}"`;
  const { data, scales } = quantize(dequantize(stored, attributes), { bits: 8, block: k }, subject);
  const rows = e.weight(`${inputs.weight} of 8 bits`, "int8", [n, k], new Uint8Array(data.buffer));
  return [
    e.node("Transpose", [rows], { perm: [1, 0] }),
    e.weight(`${inputs.scales} of rows`, "float32", [n], new Uint8Array(scales.buffer)),
  ];
}

/** Scales [N, 1] as [N]. */
function columnScales(node: Node<"quantizedLinear">, e: Emitter): string {
  const { scales } = node.inputs;
  const [n] = sizes(node, e);
  const { dtype, data } = e.storedWeight(scales);
  return dtype === "float32"
    ? e.weight(`${scales} of columns`, dtype, [n], data)
    : e.reshape(e.nameOf(scales), [n, 1], [n]);
}

/** The bytes of a weight that changes its form. */
function bytes(name: string, e: Emitter): Uint8Array {
  const { data } = e.storedWeight(name);
  if (data instanceof Uint8Array) return data;
  throw new TypeError(`weight "${name}": for "${e.target}" it must come as bytes, not as a place in a file.`);
}
