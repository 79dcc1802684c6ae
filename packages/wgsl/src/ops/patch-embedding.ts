// patchEmbedding: a matrix product whose rows are patches, read from the picture as the product needs them.
import { mulDims, type Node } from "@glimpsejs/graph";
import type { Lowering } from "../lowering.ts";
import { product } from "../size.ts";
import { rowGrid } from "../view.ts";
import { copyOf } from "./elementwise.ts";
import { emitProduct } from "./linear.ts";
import { storeText } from "./store.ts";

/** pixels [N, C, p·rows, p·columns], weight [D, C, p, p] → [N, rows·columns, D] */
export function patchEmbedding(l: Lowering, node: Node<"patchEmbedding">): void {
  const [name = ""] = node.outputs;
  const copy = copyOf(l, node.path);
  const pixels = l.contiguous(l.read(node.inputs.pixels), copy);
  const weight = l.contiguous(l.read(node.inputs.weight), copy);
  const [, channels = 1, height = 1, width = 1] = pixels.shape.map((dim) => l.bound(dim));
  const [d = 1, , patch = 1] = l.shape(node.inputs.weight).map((dim) => l.bound(dim));
  const k = channels * patch * patch;
  const output = l.write(name);
  const leading = output.shape.slice(0, -1);
  const grid = rowGrid([output], leading);
  const to = l.rows(output, grid, () => output);
  const parts = [{ columns: d, headSize: d, pieces: [to], cut: 0 }];
  const store = storeText({ bias: undefined, columnScales: false, activation: undefined, residual: undefined, parts });
  const shape = { rows: height / patch, columns: width / patch, side: patch, channels };
  // The weight's offset is a number of its own rows: it is a pack of its own or a copy.
  const w0 = l.bound(weight.offset) / k;
  const m = mulDims(product(leading), 1);
  emitProduct(l, { source: "patches", format: "f32", vector: k % 4 === 0, store }, m, d, {
    path: node.path,
    op: "patchEmbedding",
    buffers: [pixels.buffer, weight.buffer, ...store.buffers],
    params: { m, n: d, k, s: grid.perBatch, x0: pixels.offset, ...shape, w0, ...store.params },
    k,
  });
}
