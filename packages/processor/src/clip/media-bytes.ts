// Media files that are in memory or in a Blob, read by ranges.
import type { MediaBytes } from "./media.ts";

/** Bytes that are in memory. */
export function memoryBytes(bytes: Uint8Array): MediaBytes {
  return { size: bytes.length, read: async (start, end) => bytes.subarray(start, end), close: async () => undefined };
}

/** Bytes of a Blob or File. */
export function blobBytes(blob: Blob): MediaBytes {
  return {
    size: blob.size,
    read: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
    close: async () => undefined,
  };
}
