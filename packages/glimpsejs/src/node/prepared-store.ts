// Where quantized weights are kept in Node: a folder per origin below the cache folder, named by a digest of everything
// they depend on. A folder appears under its name only when it is whole, so readers, other writers and crashes never
// meet half of one; anything in it may be deleted at any time.
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { FileSink, PreparedOrigin, PreparedStore } from "@glimpsejs/core";
import { openWeights } from "@glimpsejs/weights";
import { openFolder } from "@glimpsejs/weights/node";
import { folderSink } from "./folder-sink.ts";

type Kept = ReturnType<PreparedStore>;

const unfinished = ".incomplete";
const day = 24 * 60 * 60 * 1000;

/**
 * The store below GLIMPSE_CACHE, by default `$XDG_CACHE_HOME/glimpse` or `~/.cache/glimpse`; none where GLIMPSE_CACHE is
 * empty. Makes nothing before something is to be kept.
 */
export function preparedStore(env: Readonly<Record<string, string | undefined>>): PreparedStore | undefined {
  const cache =
    env["GLIMPSE_CACHE"] ?? path.join(env["XDG_CACHE_HOME"] || path.join(os.homedir(), ".cache"), "glimpse");
  if (cache === "") return undefined;
  const folder = path.resolve(cache, "prepared");
  return async (origin, write) => {
    try {
      const place = path.join(folder, await digest(origin));
      return (await openKept(place)) ?? (await keep(place, write));
    } catch {
      return undefined; // a full disk or a folder of somebody else's
    }
  };
}

/** Files are known by path, size, inode and time of change; in the Hub's cache their name is a digest of the content. */
async function digest({ files, madeFrom }: PreparedOrigin): Promise<string> {
  const hash = createHash("sha256").update(madeFrom);
  for (const file of [...files].sort()) {
    const resolved = await realpath(file);
    const { size, ino, mtimeNs } = await stat(resolved, { bigint: true });
    hash.update(`\n${resolved}\n${size} ${ino} ${mtimeNs}`);
  }
  return hash.digest("hex");
}

/** The weights of a finished folder. One that cannot be read is removed, so that it is made again. */
async function openKept(place: string): Kept {
  const isThere = await stat(place).then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
  try {
    const files = await openFolder(place);
    try {
      return await openWeights(files);
    } finally {
      await files.dispose();
    }
  } catch {
    await rm(place, { recursive: true, force: true });
    return undefined;
  }
}

async function keep(place: string, write: (sink: FileSink) => Promise<void>): Kept {
  await mkdir(path.dirname(place), { recursive: true });
  await removeAbandoned(path.dirname(place));
  const partial = `${place}.${randomUUID()}${unfinished}`;
  try {
    await write(await folderSink(partial));
    // Where another process was faster, its folder is there, and as good.
    await rename(partial, place).catch(() => undefined);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return openKept(place);
}

/** What a crash left behind, once nobody can still be writing it. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(unfinished)) continue;
    const file = path.join(folder, name);
    const { mtimeMs } = await stat(file);
    if (Date.now() - mtimeMs > day) await rm(file, { recursive: true, force: true });
  }
}
