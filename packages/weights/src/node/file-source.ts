// A local file as a ByteSource: positioned reads through one handle. Notices a file that is cut off or rewritten while
// it is open, and one that lost its path to another. Does not map files, and does not know what is in them.
import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { DisposedError, GlimpseError, throwIfAborted } from "@glimpsejs/base";
import type { LocalFile } from "@glimpsejs/graph";
import type { ByteSource } from "../byte-source.ts";
import { errnoOf } from "./errno.ts";

/** Read at once at most, so that an abort is noticed in time. */
const maxChunk = 64 * 1024 * 1024;

/**
 * Opens a regular file for reading; symbolic links are followed. Dispose it to close the handle.
 * Throws "missing-file" if it does not exist or cannot be opened, "invalid-weights" if it is a directory, a FIFO or
 * another thing that is not a file. Its reads throw "invalid-weights" if the file has changed since, DisposedError
 * after dispose(), "aborted" and "out-of-memory".
 */
export async function fileSource(path: string): Promise<ByteSource> {
  const { handle, realPath } = await openFile(path);
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) {
      throw new GlimpseError(
        { subject: path, problem: "it is not a regular file", got: kindOf(stats) },
        { code: "invalid-weights" },
      );
    }
    return new FileSource(path, realPath, handle, stats);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class FileSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly file: LocalFile;
  private readonly opened: BigIntStats;
  private handle: FileHandle | undefined;

  constructor(name: string, path: string, handle: FileHandle, opened: BigIntStats) {
    this.name = name;
    this.size = Number(opened.size);
    this.file = { path, isInPlace: () => this.isAt(path), read: (...range) => this.read(...range) };
    this.handle = handle;
    this.opened = opened;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const handle = this.open;
    const bytes = this.allocate(length);
    let filled = 0;
    while (filled < length) {
      throwIfAborted(signal, `reading ${this.name}`);
      const chunk = Math.min(maxChunk, length - filled);
      const { bytesRead } = await handle.read(bytes, filled, chunk, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    await this.refuseChanges(handle, filled < length);
    return bytes;
  }

  async dispose(): Promise<void> {
    const handle = this.handle;
    this.handle = undefined;
    await handle?.close();
  }

  private get open(): FileHandle {
    if (this.handle === undefined) throw new DisposedError(this.name);
    return this.handle;
  }

  private async isAt(path: string): Promise<boolean> {
    await this.refuseChanges(this.open);
    // Whatever the reason why the path leads nowhere, the handle reads on.
    const now = await stat(path, { bigint: true }).catch(() => undefined);
    return now?.dev === this.opened.dev && now.ino === this.opened.ino;
  }

  private async refuseChanges(handle: FileHandle, cutOff = false): Promise<void> {
    const now = await handle.stat({ bigint: true });
    if (cutOff || now.size !== this.opened.size || now.mtimeNs !== this.opened.mtimeNs) {
      throw new GlimpseError(
        {
          subject: this.name,
          problem: "the file changed while it was open",
          expected: `${this.size} bytes, modified ${this.opened.mtime.toISOString()}`,
          got: `${now.size} bytes, modified ${now.mtime.toISOString()}`,
          advice: "Load the model again.",
        },
        { code: "invalid-weights" },
      );
    }
  }

  private allocate(length: number): Uint8Array {
    try {
      return new Uint8Array(length);
    } catch (cause) {
      throw new GlimpseError(
        { subject: this.name, problem: `there is no memory for ${length} bytes of it` },
        { code: "out-of-memory", cause },
      );
    }
  }
}

async function openFile(path: string): Promise<{ readonly handle: FileHandle; readonly realPath: string }> {
  try {
    const realPath = await realpath(path);
    // Without O_NONBLOCK, opening a FIFO would wait for a writer. Windows has no such flag.
    const handle = await open(realPath, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    return { handle, realPath };
  } catch (cause) {
    throw new GlimpseError(
      { subject: path, problem: "the file does not exist or cannot be opened", got: errnoOf(cause) },
      { code: "missing-file", cause },
    );
  }
}

function kindOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return "a directory";
  if (stats.isFIFO()) return "a FIFO";
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return "a device";
  return "something else";
}
