// reshape: the same elements under another shape; the data is shared.
import { bytesOf, fromBytes } from "../tensor.ts";
import type { Kernel } from "./kernel.ts";

/** x → x with the shape of the attribute */
export const reshape: Kernel<"reshape"> = ({ x }, { shape }, run) => [
  fromBytes(x.dtype, shape.map(run.size), bytesOf(x)),
];
