// splitHeads: from rows that hold all heads to one block of rows per head.
import { float32 } from "@glimpsejs/graph";
import { floats } from "../tensor.ts";
import type { Kernel } from "./kernel.ts";

/** x [B, T, H·d] → [B, H, T, d] */
export const splitHeads: Kernel<"splitHeads"> = ({ x }, { heads }) => {
  const [batch = 0, rows = 0, width = 0] = x.shape;
  const d = width / heads;
  const source = floats(x);
  const y = new Float32Array(source.length);
  let at = 0;
  for (let b = 0; b < batch; b++) {
    for (let head = 0; head < heads; head++) {
      for (let row = 0; row < rows; row++) {
        const from = (b * rows + row) * width + head * d;
        y.set(source.subarray(from, from + d), at);
        at += d;
      }
    }
  }
  return [float32(y, [batch, heads, rows, d])];
};
