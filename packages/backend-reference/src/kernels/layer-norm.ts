// layerNorm: mean and variance in two passes and double precision, so that rows of nearly equal numbers stay right.
import { float32 } from "@glimpsejs/graph";
import { floats } from "../tensor.ts";
import type { Kernel } from "./kernel.ts";

/** x [..., D], weight [D], bias [D] → [..., D] */
export const layerNorm: Kernel<"layerNorm"> = ({ x, weight, bias }, { epsilon }) => {
  const d = x.shape.at(-1) ?? 0;
  const [source, w, b] = [floats(x), floats(weight), floats(bias)];
  const y = new Float32Array(source.length);
  for (let start = 0; start < source.length; start += d) {
    const row = source.subarray(start, start + d);
    let sum = 0;
    for (const value of row) sum += value;
    const mean = sum / d;
    let squares = 0;
    for (const value of row) squares += (value - mean) ** 2;
    const scale = 1 / Math.sqrt(squares / d + epsilon);
    for (let i = 0; i < d; i++) y[start + i] = ((row[i] ?? 0) - mean) * scale * (w[i] ?? 0) + (b[i] ?? 0);
  }
  return [float32(y, x.shape)];
};
