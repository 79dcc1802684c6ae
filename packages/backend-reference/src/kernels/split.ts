// split: cuts a value along one axis into parts.
import { bytesOf, fromBytes, strides } from "../tensor.ts";
import type { Kernel } from "./kernel.ts";

/** x → one part per size along `axis` */
export const split: Kernel<"split"> = ({ x }, { axis, sizes }, run) => {
  const { outer, stepBytes } = strides(x, axis);
  const blockBytes = (x.shape[axis] ?? 0) * stepBytes;
  const source = bytesOf(x);
  let start = 0;
  return sizes.map(run.size).map((size) => {
    const partBytes = size * stepBytes;
    const bytes = new Uint8Array(outer * partBytes);
    for (let block = 0; block < outer; block++) {
      const from = block * blockBytes + start;
      bytes.set(source.subarray(from, from + partBytes), block * partBytes);
    }
    start += partBytes;
    return fromBytes(x.dtype, x.shape.with(axis, size), bytes);
  });
};
