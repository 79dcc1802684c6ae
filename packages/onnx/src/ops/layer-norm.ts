// layerNorm → LayerNormalization.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/**
 * One node. It is not fused with the sum before it: SkipLayerNormalization is six times as slow on CPU. On WebGPU three:
 * ONNX Runtime 1.30 computes the variance there as the mean of x² less the square of the mean of x, which loses all its
 * digits where numbers are nearly equal; so the mean is taken away before.
 */
export function layerNorm({ inputs, attributes }: Node<"layerNorm">, e: Emitter): readonly string[] {
  const [x = "", weight = "", bias = ""] = [inputs.x, inputs.weight, inputs.bias].map((v) => e.nameOf(v));
  const epsilon = { float: attributes.epsilon };
  return [e.node("LayerNormalization", [centred(x, e), weight, bias], { axis: -1, epsilon })];
}

function centred(x: string, e: Emitter): string {
  return e.target === "webgpu" ? e.node("Sub", [x, e.node("ReduceMean", [x], { axes: [-1], keepdims: 1 })]) : x;
}
