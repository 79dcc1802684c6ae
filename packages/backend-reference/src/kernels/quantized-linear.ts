// quantizedLinear: the weight as float32 again, then as linear. Rows of x are not rounded.
import { dequantize, float32 } from "@glimpsejs/graph";
import { floats } from "../tensor.ts";
import type { Kernel } from "./kernel.ts";
import { matmul } from "./matmul.ts";

/** x [..., K], weight int8 [N, K] or uint8 [N, K/2], scales [N, K/block], bias? [N] → [..., N] */
export const quantizedLinear: Kernel<"quantizedLinear"> = ({ x, weight, scales, bias }, format) => {
  if (weight.dtype !== "int8" && weight.dtype !== "uint8") throw new TypeError(`the weight is ${weight.dtype}.`);
  const n = weight.shape[0] ?? 0;
  const k = x.shape.at(-1) ?? 0;
  const w = dequantize({ data: weight.data, scales: floats(scales) }, format);
  const batch = x.shape.slice(0, -1);
  const rows = batch.reduce((product, size) => product * size, 1);
  return [float32(matmul(floats(x), w, rows, n, k, bias && floats(bias)), [...batch, n])];
};
