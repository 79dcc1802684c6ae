// add: elementwise sum; an axis of size 1 is repeated, as numpy does.
import { elementCount, float32 } from "@glimpsejs/graph";
import { floats } from "../tensor.ts";
import { broadcastOffsets } from "./broadcast.ts";
import type { Kernel } from "./kernel.ts";

/** a, b → a + b, dimensions aligned at the right */
export const add: Kernel<"add"> = ({ a, b }) => {
  const rank = Math.max(a.shape.length, b.shape.length);
  const shape = Array.from({ length: rank }, (_, i) => {
    const m = a.shape[i - rank + a.shape.length] ?? 1;
    return m === 1 ? (b.shape[i - rank + b.shape.length] ?? 1) : m;
  });
  const [left, right] = [floats(a), floats(b)];
  const [leftAt, rightAt] = [broadcastOffsets(a.shape, shape), broadcastOffsets(b.shape, shape)];
  const sum = new Float32Array(elementCount(shape));
  for (let i = 0; i < sum.length; i++) sum[i] = (left[leftAt[i] ?? 0] ?? 0) + (right[rightAt[i] ?? 0] ?? 0);
  return [float32(sum, shape)];
};
