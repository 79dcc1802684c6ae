// maskTokens → ScatterElements into x with one more column. There −1, which ONNX counts from the end, means that
// column: what is no token goes where nobody looks.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** Nodes to make the column and the values, and three more. [R, V] → [R, V + 1] → [R, V] */
export function maskTokens({ inputs }: Node<"maskTokens">, e: Emitter): readonly string[] {
  const [rows = 0, v = 0] = e.typeOf(inputs.x).shape;
  const [, n = 0] = e.typeOf(inputs.tokens).shape;
  const filled = (columns: typeof n) => e.node("Expand", [e.float32(lowest), e.shape([rows, columns])]);
  const wider = e.node("Concat", [e.nameOf(inputs.x), filled(1)], { axis: 1 });
  const scattered = e.node("ScatterElements", [wider, e.nameOf(inputs.tokens), filled(n)], { axis: 1 });
  return [e.node("Slice", [scattered, e.ints([0]), e.size(v), e.ints([1])])];
}

const lowest = -3.4028234663852886e38; // of float32
