// activation → the fused op of ONNX Runtime or ONNX that is exactly that function.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** One node for every function. SiLU is QuickGelu with α = 1: both are x·σ(αx). */
export function activation({ inputs, attributes }: Node<"activation">, e: Emitter): readonly string[] {
  const x = [e.nameOf(inputs.x)];
  switch (attributes.function) {
    case "gelu":
      return [e.node("com.microsoft.Gelu", x)];
    case "gelu_new":
      return [e.node("com.microsoft.FastGelu", x)];
    case "quick_gelu":
      return [e.node("com.microsoft.QuickGelu", x, { alpha: { float: 1.702 } })];
    case "silu":
      return [e.node("com.microsoft.QuickGelu", x, { alpha: { float: 1 } })];
    case "relu":
      return [e.node("Relu", x)];
    case "selu":
      // The operator's own defaults are PyTorch's α and scale.
      return [e.node("Selu", x)];
    default:
      return attributes.function satisfies never;
  }
}
