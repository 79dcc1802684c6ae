// Broadcasting as a table: for every element of the larger shape, which element of the smaller one it is.
import { elementCount } from "@glimpsejs/graph";

/** Offsets into a row-major value of shape `from` for all elements of shape `to`, in order. Axes align at the right. */
export function broadcastOffsets(from: readonly number[], to: readonly number[]): Uint32Array {
  const offsets = new Uint32Array(elementCount(to));
  let stepTo = 1; // elements of `to` in one step along the axis at hand, which runs from the last to the first
  let stepFrom = 1;
  for (let axis = to.length - 1; axis >= 0; axis--) {
    const size = to[axis] ?? 1;
    const sizeFrom = from[axis - to.length + from.length] ?? 1;
    if (sizeFrom !== 1) {
      for (let i = 0; i < offsets.length; i++)
        offsets[i] = (offsets[i] ?? 0) + (Math.floor(i / stepTo) % size) * stepFrom;
    }
    stepTo *= size;
    stepFrom *= sizeFrom;
  }
  return offsets;
}
