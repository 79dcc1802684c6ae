// patchEmbedding: every patch written out as a row, then a matrix product with the weight, whose rows are patches too.
import { float32 } from "@glimpsejs/graph";
import { floats } from "../tensor.ts";
import type { Kernel } from "./kernel.ts";
import { matmul } from "./matmul.ts";

/** pixels [N, C, p·rows, p·columns], weight [D, C, p, p] → [N, rows·columns, D] */
export const patchEmbedding: Kernel<"patchEmbedding"> = ({ pixels, weight }) => {
  const [n = 0, channels = 0, height = 0, width = 0] = pixels.shape;
  const [d = 0, , p = 0] = weight.shape;
  const [rows, columns] = [height / p, width / p];
  const source = floats(pixels);
  const patches = new Float32Array(source.length); // [N, rows, columns, C, p, p]
  let at = 0;
  for (let picture = 0; picture < n; picture++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (let channel = 0; channel < channels; channel++) {
          for (let y = 0; y < p; y++) {
            const from = ((picture * channels + channel) * height + row * p + y) * width + column * p;
            patches.set(source.subarray(from, from + p), at);
            at += p;
          }
        }
      }
    }
  }
  const y = matmul(patches, floats(weight), n * rows * columns, d, channels * p * p);
  return [float32(y, [n, rows * columns, d])];
};
