// linear: x · weightᵀ + bias.
import { float32 } from "@glimpsejs/graph";
import { floats } from "../tensor.ts";
import type { Kernel } from "./kernel.ts";
import { matmul } from "./matmul.ts";

/** x [..., K], weight [N, K], bias? [N] → [..., N] */
export const linear: Kernel<"linear"> = ({ x, weight, bias }) => {
  const [n = 0, k = 0] = weight.shape;
  const batch = x.shape.slice(0, -1);
  const rows = batch.reduce((product, size) => product * size, 1);
  const y = matmul(floats(x), floats(weight), rows, n, k, bias && floats(bias));
  return [float32(y, [...batch, n])];
};
