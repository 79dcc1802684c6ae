// patchEmbedding: cuts pictures into patches and projects each one; a convolution whose stride is its kernel, no bias.
import { divideDim, mulDims } from "../dim.ts";
import type { TensorType } from "../graph.ts";
import { dims, type OpDefinition, sameDim } from "./op.ts";

/** pixels float32 [N, C, p·rows, p·columns], weight [D, C, p, p] → [N, rows·columns, D], patches row by row. */
export const patchEmbedding: OpDefinition<{ readonly pixels: TensorType; readonly weight: TensorType }, object> = {
  infer({ pixels, weight }, _, fail) {
    const [n, channels, height, width] = dims("pixels", pixels, "float32", 4, fail);
    const [d, weightChannels, p, q] = dims("weight", weight, "float32", 4, fail);
    sameDim("channels of weight and pixels", weightChannels, channels, fail);
    sameDim("height and width of a patch", q, p, fail);
    const rows = divideDim(height ?? 0, Number(p));
    const columns = divideDim(width ?? 0, Number(p));
    if (rows === undefined || columns === undefined) {
      return fail({
        problem: "the picture is not a whole number of patches",
        expected: `multiples of ${p}`,
        got: `${height} × ${width}`,
      });
    }
    return [{ dtype: "float32", shape: [n ?? 0, mulDims(rows, columns), d ?? 0] }];
  },
};
