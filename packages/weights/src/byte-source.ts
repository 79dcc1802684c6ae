// Things that can be read by byte ranges, and weights that are ranges of them. Knows no file format and opens no files.
import { GlimpseError } from "@glimpsejs/base";
import { bytesPerElement, type DType, elementCount, type LocalFile, type Weight } from "@glimpsejs/graph";

/** Something that can be read by byte ranges: a local file, bytes in memory, an HTTP resource. */
export interface ByteSource {
  /** What errors call it, such as a path or URL. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /**
   * Reads exactly `length` bytes from `offset` on, as a fresh or shared view that the caller must not write to.
   * Rejects if the range is not inside the source, if the source changed since it was opened, or on abort.
   */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** The uncompressed local file whose bytes these are. */
  readonly file?: LocalFile;
  /** Closes it; it cannot be read afterwards. Safe to call twice. */
  dispose?(): Promise<void>;
}

/** Bytes in memory as a {@link ByteSource}. `name` is used in errors. The bytes are not copied. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    async read(offset, length) {
      return bytes.subarray(offset, offset + length);
    },
  };
}

/**
 * Reads `length` bytes from `offset` on. Throws "invalid-weights" where that is not inside the source or the source
 * hands over a different number of bytes, whatever the reason.
 */
export async function readRange(
  source: ByteSource,
  offset: number,
  length: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (offset < 0 || length < 0 || offset + length > source.size) {
    throw new GlimpseError(
      {
        subject: source.name,
        problem: "it ends too early",
        expected: `bytes ${offset} to ${offset + length}`,
        got: `${source.size} bytes in all`,
        advice: "Fetch the file again.",
      },
      { code: "invalid-weights" },
    );
  }
  const bytes = await source.read(offset, length, signal);
  if (bytes.byteLength !== length) {
    throw new GlimpseError(
      {
        subject: source.name,
        problem: `reading from byte ${offset} on gave a wrong number of bytes`,
        expected: String(length),
        got: String(bytes.byteLength),
        advice: "The file or resource changed, or its server does not honour ranges.",
      },
      { code: "invalid-weights" },
    );
  }
  return bytes;
}

/** The weight that is stored, contiguous and little-endian, in `source` from byte `offset` on. */
export function weightAt(source: ByteSource, dtype: DType, shape: readonly number[], offset: number): Weight {
  const byteLength = elementCount(shape) * bytesPerElement[dtype];
  return {
    dtype,
    shape,
    byteLength,
    bytes: (signal) => readRange(source, offset, byteLength, signal),
    ...(source.file === undefined ? {} : { location: { file: source.file, offset } }),
  };
}

/** Runs `open` on `source`, which the result then owns: if `open` fails, the source is disposed. */
export async function ownedBy<T>(source: ByteSource, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    await source.dispose?.();
    throw error;
  }
}
