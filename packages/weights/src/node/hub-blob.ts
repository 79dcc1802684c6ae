// Makes sure that a blob is in the cache, whole and with the right digest: at most one download per blob among
// cooperating processes, at most two tries, and never a file under its final name that was not checked.
import { rename, rm, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { GlimpseError } from "@glimpsejs/base";
import type { Network } from "../hub/transport.ts";
import { digestLike, isIntact, remember } from "./digest.ts";
import { isOutOfSpace, unlessMissing } from "./errno.ts";
import { withFileLock } from "./file-lock.ts";
import type { RepoCache } from "./hub-cache.ts";
import { type DownloadProgress, downloadFile, type RemoteFile } from "./hub-download.ts";

/**
 * Downloads the blob named `etag` unless it is there. True if this call downloaded it. A blob with a wrong digest is
 * moved aside to `<etag>.corrupt` and fetched once more; the file aside is deleted when that succeeds.
 * Throws "cache" if the disk has too little room, "download" if the server sends wrong bytes twice, "missing-file",
 * "aborted", and what node:fs throws.
 */
export async function obtainBlob(
  cache: RepoCache,
  etag: string,
  remote: RemoteFile,
  network: Network,
  onProgress: ((progress: DownloadProgress) => void) | undefined,
): Promise<boolean> {
  const blob = cache.blob(etag);
  return withFileLock(cache.lock(etag), network.signal, async () => {
    // Not Python's names, whose older versions append to "<etag>.incomplete" without a look.
    const partial = `${blob}.glimpse.incomplete`;
    let got: string | undefined;
    for (let tries = 0; tries < 2; tries++) {
      if ((await unlessMissing(stat(blob))) !== undefined) {
        if (await isIntact(etag, blob, cache.note(etag), network.signal)) return false;
        await quarantine(cache, etag, blob);
      }
      await cache.ensureFolder(dirname(blob));
      await checkRoom(cache, partial, remote);
      await downloadFile(partial, remote, network, onProgress).catch(async (error: unknown) => {
        if (isOutOfSpace(error)) await rm(partial, { force: true });
        throw error;
      });
      // Read back from disk: what a kill or a full disk left behind counts, not what was received.
      got = await unlessMissing(digestLike(etag, partial, network.signal));
      if (got === etag && (await unlessMissing(rename(partial, blob).then(() => true)))) {
        await rm(`${blob}.corrupt`, { force: true });
        await remember(blob, cache.note(etag));
        return true;
      }
      // Without a digest, the partial file is gone: somebody deleted the cache or finished the file.
      if (got !== undefined) await quarantine(cache, etag, partial);
    }
    throw new GlimpseError(
      got === undefined
        ? {
            subject: `${remote.id}/${remote.file}`,
            problem: `the cache ${cache.root} was deleted while the file was downloaded`,
            advice: "Try again when no other program cleans the cache.",
          }
        : {
            subject: `${remote.id}/${remote.file}`,
            problem: "the server sent wrong bytes twice",
            expected: `digest ${etag}`,
            got,
            advice: `They are kept in ${blob}.corrupt. Check HF_ENDPOINT and any proxy.`,
          },
      { code: got === undefined ? "cache" : "download" },
    );
  });
}

/** Moves a file with a wrong digest to where nothing reads it. */
export async function quarantine(cache: RepoCache, etag: string, path: string): Promise<void> {
  await rm(cache.note(etag), { force: true });
  await unlessMissing(rename(path, `${cache.blob(etag)}.corrupt`));
}

async function checkRoom(cache: RepoCache, partial: string, remote: RemoteFile): Promise<void> {
  // Some file systems cannot tell.
  const disk = await statfs(cache.root).catch(() => undefined);
  if (disk === undefined || disk.blocks === 0) return;
  const there = (await unlessMissing(stat(partial)))?.size ?? 0;
  const needed = remote.size - there;
  const free = disk.bavail * disk.bsize;
  if (needed <= free) return;
  throw new GlimpseError(
    {
      subject: `${remote.id}/${remote.file}`,
      problem: `there is too little space on the disk of the cache ${cache.root}`,
      expected: `${needed} bytes`,
      got: `${free} free`,
      advice: "Free some space, or set HF_HUB_CACHE to a folder on another disk.",
    },
    { code: "cache" },
  );
}
