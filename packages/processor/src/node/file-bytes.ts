// A media file on disk, read by ranges, so that a long film is never whole in memory.
import type { MediaBytes } from "../clip/media.ts";
import { openFile } from "./read-source.ts";

/** Bytes of a regular file; throws as pictures do. */
export async function fileBytes(path: string, name: string): Promise<MediaBytes> {
  const { file, size } = await openFile(path, name, "invalid-clip");
  let closing: Promise<void> | undefined;
  return {
    size,
    async read(start, end) {
      const bytes = new Uint8Array(end - start);
      let at = 0;
      while (at < bytes.length) {
        const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
        if (bytesRead === 0) return bytes.subarray(0, at); // the file has become shorter
        at += bytesRead;
      }
      return bytes;
    },
    close() {
      closing ??= file.close();
      return closing;
    },
  };
}
