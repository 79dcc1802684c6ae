// A file kept in the page's private storage (OPFS) in parts of 8 MiB, so that a download goes on where it stopped, no
// reader ever sees half of a part, and a range is read without the rest. Knows nothing of the Hub or of digests.
import { GlimpseError, throwIfAborted } from "@glimpsejs/base";
import type { ByteSource } from "../byte-source.ts";
import { ifThere, readCurrent, removeEntry, storageFull, writeFile } from "./storage.ts";

/** Bytes of every part but the last. */
export const partBytes = 8 * 2 ** 20;

/** A part that is stored. */
export interface Part {
  readonly handle: FileSystemFileHandle;
  /** As it was when it was looked up. */
  readonly file: File;
}

/** The parts of one file, in a folder of their own. */
export class Parts {
  private readonly folder: FileSystemDirectoryHandle;
  /** Bytes that the file has when it is whole. */
  readonly size: number;
  private readonly name: string;

  constructor(folder: FileSystemDirectoryHandle, size: number, name: string) {
    this.folder = folder;
    this.size = size;
    this.name = name;
  }

  /** How many parts the whole file has. */
  get count(): number {
    return Math.ceil(this.size / partBytes);
  }

  /** Bytes of part `index` in a whole file. */
  lengthOf(index: number): number {
    return Math.min(partBytes, this.size - index * partBytes);
  }

  /** The parts that are there and have the right size, from the first on up to a gap. */
  async stored(): Promise<readonly Part[]> {
    const parts: Part[] = [];
    for (let index = 0; index < this.count; index++) {
      const handle = await ifThere(this.folder.getFileHandle(partName(index)));
      const file = handle && (await ifThere(handle.getFile()));
      if (handle === undefined || file?.size !== this.lengthOf(index)) break;
      parts.push({ handle, file });
    }
    return parts;
  }

  /** Puts part `index` in its place in one step. Throws "cache" if the storage is full. */
  async write(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await writeFile(this.folder, partName(index), bytes);
    } catch (cause) {
      throw storageFull(this.name, bytes.byteLength, cause);
    }
  }

  /** Removes all parts from `index` on. */
  async removeFrom(index: number): Promise<void> {
    for (let at = index; at < this.count; at++) await removeEntry(this.folder, partName(at));
  }
}

/** The whole file, read from its parts by ranges. Reads throw "cache" if a part was deleted meanwhile. */
export function partsSource(name: string, parts: readonly Part[], size: number): ByteSource {
  return {
    name,
    size,
    async read(offset, length, signal) {
      const first = Math.floor(offset / partBytes);
      const last = Math.floor((offset + Math.max(length, 1) - 1) / partBytes);
      if (first === last) return readPart(name, parts[first], offset - first * partBytes, length);
      const bytes = new Uint8Array(length);
      for (let index = first; index <= last; index++) {
        throwIfAborted(signal, name);
        const start = Math.max(0, offset - index * partBytes);
        const end = Math.min(partBytes, offset + length - index * partBytes);
        bytes.set(await readPart(name, parts[index], start, end - start), index * partBytes + start - offset);
      }
      return bytes;
    },
  };
}

async function readPart(name: string, part: Part | undefined, offset: number, length: number): Promise<Uint8Array> {
  if (part === undefined || length === 0) return new Uint8Array();
  try {
    // Where there are no locks, another tab may put the same bytes there once more.
    return await readCurrent(part.handle, async (file) => {
      return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
    });
  } catch (cause) {
    throw new GlimpseError(
      { subject: name, problem: "it was deleted from the cache while it was open", advice: "Load the model again." },
      { code: "cache", cause },
    );
  }
}

function partName(index: number): string {
  return String(index).padStart(6, "0");
}
