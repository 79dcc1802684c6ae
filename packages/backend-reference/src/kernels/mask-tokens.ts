// maskTokens: forbids a few entries of each row.
import { float32 } from "@glimpsejs/graph";
import { floats, ints } from "../tensor.ts";
import type { Kernel } from "./kernel.ts";

const lowest = -3.4028234663852886e38; // of float32

/** x [R, V], tokens [R, N], −1 for none → [R, V] */
export const maskTokens: Kernel<"maskTokens"> = ({ x, tokens }, _, run) => {
  const [, v = 0] = x.shape;
  const [, n = 0] = tokens.shape;
  const masked = floats(x).slice();
  for (const [i, token] of ints(tokens).entries()) {
    if (token < -1 || token >= v) {
      run.fail({ problem: `token ${i} is out of range`, expected: `-1 to ${v - 1}`, got: String(token) });
    }
    if (token >= 0) masked[Math.floor(i / n) * v + token] = lowest;
  }
  return [float32(masked, x.shape)];
};
