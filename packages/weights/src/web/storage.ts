// Small steps on the page's private storage (OPFS): folders, files written in one step, what is not there, what is full.
import { GlimpseError } from "@glimpsejs/base";

/** The result of a lookup, undefined where there is no such entry. */
export async function ifThere<T>(lookup: Promise<T>): Promise<T | undefined> {
  try {
    return await lookup;
  } catch (error) {
    if (error instanceof DOMException && ["NotFoundError", "TypeMismatchError"].includes(error.name)) return undefined;
    throw error;
  }
}

/** The text of a file, undefined where there is none. */
export function readText(folder: FileSystemDirectoryHandle, name: string): Promise<string | undefined> {
  return ifThere(folder.getFileHandle(name).then((handle) => readCurrent(handle, (file) => file.text())));
}

/** How often a file is tried to be read, by what the browser says of it. What was deleted should be known soon. */
const triesAfter: Readonly<Record<string, number>> = { NotReadableError: 20, NotFoundError: 6 };

/**
 * Reads a file as it is now. A File is a snapshot, and unreadable as soon as another tab puts a new file in its place, or
 * for a moment not there at all; then the new one is read.
 */
export async function readCurrent<T>(handle: FileSystemFileHandle, read: (file: File) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await read(await handle.getFile());
    } catch (error) {
      const most = error instanceof DOMException ? (triesAfter[error.name] ?? 0) : 0;
      if (tries >= most) throw error;
      await new Promise((done) => setTimeout(done, 5 * tries));
    }
  }
}

/** Writes a file so that readers see either nothing, the old or the whole new one, where the browser can do that. */
export async function writeFile(
  folder: FileSystemDirectoryHandle,
  name: string,
  content: Uint8Array<ArrayBuffer> | string,
): Promise<void> {
  const handle = await folder.getFileHandle(name, { create: true });
  if ("createWritable" in handle) {
    const writable = await handle.createWritable();
    try {
      await writable.write(content);
    } catch (error) {
      await writable.abort().catch(() => {});
      throw error;
    }
    await writable.close();
    return;
  }
  // Safari before 26, in workers only.
  const access = await (handle as SyncFileHandle).createSyncAccessHandle();
  try {
    access.truncate(0);
    access.write(typeof content === "string" ? new TextEncoder().encode(content) : content);
    access.flush();
  } finally {
    access.close();
  }
}

interface SyncFileHandle {
  createSyncAccessHandle(): Promise<{
    truncate(size: number): void;
    write(bytes: Uint8Array<ArrayBuffer>): number;
    flush(): void;
    close(): void;
  }>;
}

/** Removes a file or folder with all in it, if it is there. */
export async function removeEntry(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  await ifThere(folder.removeEntry(name, { recursive: true }));
}

/** Throws "cache" if `needed` bytes are more than the browser lets this page store. */
export async function checkRoom(subject: string, needed: number): Promise<void> {
  const { quota, usage = 0 } = await navigator.storage.estimate();
  if (quota === undefined || needed <= quota - usage) return;
  throw new GlimpseError(
    {
      subject,
      problem: "there is too little room in the storage that the browser gives this page",
      expected: `${needed} bytes`,
      got: `${quota - usage} free of ${quota}`,
      advice: "Delete models from the cache, or load with cache: false, which keeps nothing.",
    },
    { code: "cache" },
  );
}

/** The error for a write that failed, by its cause. */
export function storageFull(subject: string, bytes: number, cause: unknown): GlimpseError {
  const isFull = cause instanceof DOMException && cause.name === "QuotaExceededError";
  return new GlimpseError(
    {
      subject,
      problem: isFull ? "the storage that the browser gives this page is full" : "it cannot be stored",
      got: isFull ? `no room for ${bytes} bytes` : cause instanceof Error ? cause.message : String(cause),
      advice: "Delete models from the cache, or load with cache: false, which keeps nothing.",
    },
    { code: "cache", cause },
  );
}
