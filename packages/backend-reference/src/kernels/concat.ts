// concat: joins values along one axis.
import { bytesOf, fromBytes, strides } from "../tensor.ts";
import type { Kernel } from "./kernel.ts";

/** parts, equal in all axes but `axis` → their concatenation */
export const concat: Kernel<"concat"> = ({ parts }, { axis }, run) => {
  const [first] = parts;
  if (first === undefined) return run.fail({ problem: "nothing to join" });
  const length = parts.reduce((sum, part) => sum + (part.shape[axis] ?? 0), 0);
  const { outer, stepBytes } = strides(first, axis);
  const bytes = new Uint8Array(outer * length * stepBytes);
  let at = 0;
  for (let block = 0; block < outer; block++) {
    for (const part of parts) {
      const size = (part.shape[axis] ?? 0) * stepBytes;
      bytes.set(bytesOf(part).subarray(block * size, (block + 1) * size), at);
      at += size;
    }
  }
  return [fromBytes(first.dtype, first.shape.with(axis, length), bytes)];
};
