// How fast this machine reads a checkpoint's file that is in the page cache: what starting once more cannot do without.
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import path from "node:path";

const pieceBytes = 4 * 2 ** 20;

/**
 * Bytes per second of the second time that the largest safetensors file of `folder` is read, one piece after the other on the
 * calling thread; the first time brings it into the page cache. Undefined where there is none.
 */
export function readRate(folder: string): number | undefined {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".safetensors"))
    .map((name) => path.join(folder, name));
  const [largest] = files
    .map((file) => ({ file, size: statSync(file).size }))
    .filter(({ size }) => size > 0)
    .sort((a, b) => b.size - a.size);
  if (largest === undefined) return undefined;
  secondsToRead(largest.file);
  return largest.size / secondsToRead(largest.file);
}

function secondsToRead(file: string): number {
  const piece = new Uint8Array(pieceBytes);
  const descriptor = openSync(file, "r");
  try {
    const start = performance.now();
    while (readSync(descriptor, piece) > 0);
    return (performance.now() - start) / 1000;
  } finally {
    closeSync(descriptor);
  }
}
