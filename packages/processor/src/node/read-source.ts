// The bytes of one picture file from the disk, a data: URL, a Blob or a download, never more than a limit, and never
// from what is not a regular file. Does not look at the bytes.
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type ErrorCode, GlimpseError, type Problem, throwIfAborted } from "@glimpsejs/base";

/** Larger files are refused; the largest picture that is decoded has about this many bytes uncompressed. */
const maxBytes = 2 ** 29;

/** What the system's errors mean to the caller. */
const fileProblems: Readonly<Record<string, string>> = {
  ENOENT: "the file does not exist",
  ENOTDIR: "the file does not exist",
  ELOOP: "its symbolic links lead in a circle (ELOOP)",
};

/** The bytes of a regular file. `name` stands for it in errors. */
export async function readFile(path: string, name: string): Promise<Uint8Array> {
  const { file, size } = await openFile(path, name);
  try {
    checkLength(size, name);
    return await file.readFile();
  } catch (cause) {
    throw unreadable(name, cause);
  } finally {
    await file.close();
  }
}

/** Opens a regular file. Throws "missing-file" where that fails, `code` where it is none. */
export async function openFile(
  path: string,
  name: string,
  code: ErrorCode = "invalid-image",
): Promise<{ readonly file: FileHandle; readonly size: number }> {
  let file: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a FIFO would wait for a writer for ever; Windows has no such flag.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = await file.stat();
    if (stats.isFile()) return { file, size: stats.size };
    const got = stats.isDirectory() ? "a directory" : "a device, pipe or socket";
    throw new GlimpseError({ subject: name, problem: "this is not a file", expected: "a regular file", got }, { code });
  } catch (cause) {
    await file?.close();
    throw unreadable(name, cause);
  }
}

function unreadable(name: string, cause: unknown): GlimpseError {
  if (GlimpseError.isInstance(cause)) return cause;
  const reason = cause instanceof Error && "code" in cause ? String(cause.code) : "an unknown reason";
  const problem = fileProblems[reason] ?? `the file cannot be read (${reason})`;
  return new GlimpseError({ subject: name, problem }, { code: "missing-file", cause });
}

/** The bytes of a Blob or File. */
export async function readBlob(blob: Blob, name: string): Promise<Uint8Array> {
  checkLength(blob.size, name);
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    throw unusable({ subject: name, problem: "the Blob can no longer be read" }, cause);
  }
}

/** The bytes of a base64 data: URL; its media type is ignored. */
export function readDataUrl(url: string, name: string): Uint8Array {
  const comma = url.indexOf(",");
  const base64 = url.slice(comma + 1);
  if (comma < 0 || !/;base64$/i.test(url.slice(0, comma))) {
    throw unusable({ subject: name, problem: "its form is not read", expected: "data:image/…;base64,…" });
  }
  checkLength(base64.length * 0.75, name);
  // Buffer.from skips what is not base64, which would hide damage.
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    throw unusable({ subject: name, problem: "its data are not valid base64" });
  }
  return Buffer.from(base64, "base64");
}

/** The body of a GET request. */
export async function download(
  url: string,
  name: string,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (!response.ok || response.body === null) {
      const got = `status ${response.status}`;
      throw new GlimpseError({ subject: name, problem: "the download failed", got }, { code: "download" });
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body) {
      length += chunk.length;
      checkLength(length, name);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (cause) {
    if (GlimpseError.isInstance(cause)) throw cause;
    throwIfAborted(signal, name);
    throw new GlimpseError({ subject: name, problem: "the download failed" }, { code: "download", cause });
  }
}

function checkLength(length: number, subject: string): void {
  if (length <= maxBytes) return;
  throw unusable({ subject, problem: "the file is too large", expected: `at most ${maxBytes} bytes` });
}

function unusable(problem: Problem, cause?: unknown): GlimpseError {
  return new GlimpseError(problem, { code: "invalid-image", cause });
}
