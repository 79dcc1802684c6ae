// patchEmbedding → Conv whose stride is its kernel, then patches as rows.
import { divideDim, mulDims, type Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** Three nodes. [N, C, p·rows, p·columns] → [N, D, rows, columns] → [N, D, patches] → [N, patches, D] */
export function patchEmbedding({ inputs }: Node<"patchEmbedding">, e: Emitter): readonly string[] {
  const [n = 0, , height = 0, width = 0] = e.typeOf(inputs.pixels).shape;
  const [d = 0, , p = 0] = e.typeOf(inputs.weight).shape;
  const strides = [Number(p), Number(p)];
  const grid = e.node("Conv", [e.nameOf(inputs.pixels), e.nameOf(inputs.weight)], { kernel_shape: strides, strides });
  const rows = divideDim(height, Number(p)) ?? 0;
  const columns = divideDim(width, Number(p)) ?? 0;
  const patches = e.reshape(grid, [n, d, rows, columns], [n, d, mulDims(rows, columns)]);
  return [e.node("Transpose", [patches], { perm: [0, 2, 1] })];
}
