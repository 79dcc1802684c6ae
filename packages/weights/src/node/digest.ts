// Whether a file of the cache holds the bytes that its name promises. A blob is named by its digest: SHA-256 for large
// files (the LFS object id), git's object id for small ones. Hashing 700 MB takes 0.6 s, so a file of more than 1 MB
// is hashed when it is first used and then again only after its inode, size, mtime or ctime changed; a small note in
// the cache remembers them. What changes none of these, such as a failing disk, goes unnoticed until the note is
// deleted.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { throwIfAborted } from "@glimpsejs/base";

/** Hashed at every use: a few milliseconds. */
const smallBytes = 1_000_000;

/** The digest of a file under the algorithm that the blob name `etag` uses; undefined if the name is no digest. */
export async function digestLike(etag: string, path: string, signal: AbortSignal): Promise<string | undefined> {
  const isGit = /^[0-9a-f]{40}$/.test(etag);
  if (!isGit && !/^[0-9a-f]{64}$/.test(etag)) return undefined;
  const hash = createHash(isGit ? "sha1" : "sha256");
  if (isGit) hash.update(`blob ${(await stat(path)).size}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    throwIfAborted(signal, path);
    hash.update(chunk);
  }
  return hash.digest("hex");
}

/** True if the file holds what `etag` promises, or that cannot be known. `note` is where the answer is remembered. */
export async function isIntact(etag: string, path: string, note: string, signal: AbortSignal): Promise<boolean> {
  const state = await stateOf(path);
  if (state.size > smallBytes && (await readFile(note, "utf8").catch(() => "")) === state.text) return true;
  const digest = await digestLike(etag, path, signal);
  if (digest !== undefined && digest !== etag) return false;
  await remember(path, note);
  return true;
}

/** Notes that the file was found to be intact, unless it is small. Where the cache cannot be written, it is hashed again next time. */
export async function remember(path: string, note: string): Promise<void> {
  try {
    const { size, text } = await stateOf(path);
    if (size <= smallBytes) return;
    await mkdir(dirname(note), { recursive: true });
    await writeFile(note, text);
  } catch {
    // The note only saves time.
  }
}

async function stateOf(path: string): Promise<{ readonly size: number; readonly text: string }> {
  const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return { size: Number(size), text: `${ino} ${size} ${mtimeNs} ${ctimeNs}` };
}
