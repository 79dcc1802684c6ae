// linear → FusedMatMul, which multiplies with the transpose of a weight as it is stored.
// Measured with ONNX Runtime 1.30 on GIT-base (2 cores, 197 rows and 1 row): Gemm with transB takes the same time and
// memory and needs reshapes; a Transpose folded at load is no faster and raises the peak memory by 90 MB of 780.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** One node, and one for the bias. */
export function linear({ inputs }: Node<"linear">, e: Emitter): readonly string[] {
  const product = e.node("com.microsoft.FusedMatMul", [e.nameOf(inputs.x), e.nameOf(inputs.weight)], { transB: 1 });
  return [inputs.bias === undefined ? product : e.node("Add", [product, e.nameOf(inputs.bias)])];
}
