// A File or Blob as a ByteSource: read by slices, never whole. Notices a file that was changed or removed meanwhile, since the
// browser refuses to read it then.
import { DisposedError, GlimpseError, throwIfAborted } from "@glimpsejs/base";
import type { ByteSource } from "../byte-source.ts";

/** Reads `blob` by slices; `name` is used in errors. Reads throw "invalid-weights" if the file changed, "aborted". */
export function blobSource(name: string, blob: Blob): ByteSource {
  let disposed = false;
  return {
    name,
    size: blob.size,
    async read(offset, length, signal) {
      if (disposed) throw new DisposedError(name);
      throwIfAborted(signal, name);
      return readSlice(name, blob, offset, length);
    },
    async dispose() {
      disposed = true;
    },
  };
}

/** Bytes of a Blob. Throws "invalid-weights" if they cannot be read any more. */
async function readSlice(name: string, blob: Blob, offset: number, length: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
  } catch (cause) {
    throw new GlimpseError(
      {
        subject: name,
        problem: "the file changed or was removed while it was open",
        got: cause instanceof Error ? cause.message : String(cause),
        advice: "Choose it again.",
      },
      { code: "invalid-weights", cause },
    );
  }
}
