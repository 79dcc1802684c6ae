// The door to PyTorch checkpoints. What reads them is fetched when the first one is opened: see other-files.ts.
import type { WeightSource } from "@glimpsejs/graph";
import { type ByteSource, ownedBy } from "./byte-source.ts";

/**
 * Opens a PyTorch checkpoint. The result owns `source`; if opening fails, it is disposed. Weights that are views with
 * other strides than row-major, such as transposed ones, are put in row-major order when they are read, and have no
 * `location`. Throws "invalid-weights", and what `source.read` throws.
 */
export function openTorch(source: ByteSource, signal?: AbortSignal): Promise<WeightSource> {
  return ownedBy(source, async () => {
    const { readTorch } = await import("./other-files.ts");
    return readTorch(source, signal);
  });
}
