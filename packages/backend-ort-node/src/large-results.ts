// Large results, such as the keys and values of a picture, are computed into memory that is used again by the next run of
// their size. The runtime makes new memory for each otherwise, and megabytes that come and go with every picture have V8 mark
// its whole heap once a caption, on the cores of the steps.
import { elementCount, evaluateDim } from "@glimpsejs/graph";
import type { OrtValue } from "./device-tensor.ts";
import type { Memory } from "./memory.ts";
import type { Whole } from "./pieces.ts";

/** Bytes from which a result is large. */
const leastBytes = 1 << 18;

/** Memory for the large ones of the wanted outputs. What a graph carries is not among them: it grows where it lies. */
export function roomForLarge(
  { ort, graph, outputs, sizes }: Whole,
  memory: Memory,
): Readonly<Record<string, OrtValue>> {
  const room: Record<string, OrtValue> = {};
  const carried = Object.values(graph.carries);
  for (const output of outputs) {
    const type = graph.types[graph.outputs[output] ?? ""];
    if (type?.dtype !== "float32" || carried.includes(output)) continue;
    const shape = type.shape.map((dim) => evaluateDim(dim, sizes));
    const length = elementCount(shape);
    if (4 * length >= leastBytes) room[output] = new ort.Tensor("float32", memory.take(length), shape);
  }
  return room;
}
