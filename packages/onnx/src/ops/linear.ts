// linear → FusedMatMul, which multiplies with the transpose of a weight as it is stored.
// Measured with ONNX Runtime 1.30 on GIT-base (2 cores, 197 rows and 1 row): Gemm with transB takes the same time and
// memory and needs reshapes; a Transpose folded at load is no faster and raises the peak memory by 90 MB of 780.
// On WebGPU there is no FusedMatMul, and Gemm it is.
import { mulDims, type Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** One node, and one for the bias; on WebGPU one and what makes rows of x. */
export function linear({ inputs }: Node<"linear">, e: Emitter): readonly string[] {
  if (e.target === "webgpu") return [gemm(inputs, e)];
  const product = e.node("com.microsoft.FusedMatMul", [e.nameOf(inputs.x), e.nameOf(inputs.weight)], { transB: 1 });
  return [inputs.bias === undefined ? product : e.node("Add", [product, e.nameOf(inputs.bias)])];
}

/** [..., K] → [rows, K] → [rows, N] → [..., N] */
function gemm({ x, weight, bias }: Node<"linear">["inputs"], e: Emitter): string {
  const { shape } = e.typeOf(x);
  const [n = 0] = e.typeOf(weight).shape;
  const k = shape.at(-1) ?? 0;
  const rows = shape.slice(0, -1).reduce(mulDims, 1);
  const flat = shape.length === 2 ? e.nameOf(x) : e.reshape(e.nameOf(x), shape, [rows, k]);
  const operands = [flat, e.nameOf(weight), ...(bias === undefined ? [] : [e.nameOf(bias)])];
  const product = e.node("Gemm", operands, { transB: 1 });
  return shape.length === 2 ? product : e.reshape(product, [rows, n], [...shape.slice(0, -1), n]);
}
