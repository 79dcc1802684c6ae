// layerNorm → LayerNormalization.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** One node. It is not fused with the sum before it: SkipLayerNormalization is six times as slow on CPU. */
export function layerNorm({ inputs, attributes }: Node<"layerNorm">, e: Emitter): readonly string[] {
  const { x, weight, bias } = inputs;
  const epsilon = { float: attributes.epsilon };
  return [
    e.node(
      "LayerNormalization",
      [x, weight, bias].map((v) => e.nameOf(v)),
      { axis: -1, epsilon },
    ),
  ];
}
