// expand: repeats a value along axes of size 1.
import { bytesPerElement } from "@glimpsejs/graph";
import { bytesOf, fromBytes } from "../tensor.ts";
import { broadcastOffsets } from "./broadcast.ts";
import type { Kernel } from "./kernel.ts";

/** x → x repeated to the shape of the attribute */
export const expand: Kernel<"expand"> = ({ x }, attributes, run) => {
  const shape = attributes.shape.map(run.size);
  const size = bytesPerElement[x.dtype];
  const source = bytesOf(x);
  const offsets = broadcastOffsets(x.shape, shape);
  const bytes = new Uint8Array(offsets.length * size);
  for (const [i, from] of offsets.entries()) bytes.set(source.subarray(from * size, (from + 1) * size), i * size);
  return [fromBytes(x.dtype, shape, bytes)];
};
