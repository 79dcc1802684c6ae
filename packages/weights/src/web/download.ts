// Makes sure that a file of the Hub is in the cache, whole and with the right digest: one download per file among the
// tabs and workers of a site, resumed after whatever stopped it, at most two tries for wrong bytes. At most one part is in
// memory.
import { GlimpseError, throwIfAborted } from "@glimpsejs/base";
import type { HubEntry } from "../hub/api.ts";
import { checkStatus } from "../hub/status.ts";
import { type Answer, Interruption, type Network, Patience, request } from "../hub/transport.ts";
import { digestLike } from "./digest.ts";
import type { OpfsCache } from "./hub-cache.ts";
import { type Part, Parts, partBytes } from "./parts.ts";
import { checkRoom, readCurrent, readText, removeEntry, writeFile } from "./storage.ts";

/** A file to be obtained. */
export interface RemoteFile {
  readonly id: string;
  readonly file: string;
  readonly url: string;
  readonly entry: HubEntry;
}

/** Told after every piece that arrived, and once at the start. */
export interface DownloadProgress {
  /** Name of the file, such as "model.safetensors". */
  readonly file: string;
  /** Bytes that are here. Falls back where a download has to start over. */
  readonly loaded: number;
  /** Bytes in all. */
  readonly total: number;
}

/** Says that the parts' digest was right, and how to see that none was touched since. */
const noteName = "verified";

/**
 * The parts of a file, downloaded unless they are there. Throws "cache" (no room, storage failed), "download" (also if
 * the server sends wrong bytes twice), "missing-file", "aborted".
 */
export function obtain(
  cache: OpfsCache,
  remote: RemoteFile,
  network: Network | undefined,
  onProgress: ((progress: DownloadProgress) => void) | undefined,
  signal: AbortSignal,
): Promise<readonly Part[] | undefined> {
  const { entry, id, file } = remote;
  const subject = `${id}/${file}`;
  return exclusively(`glimpse ${entry.etag}`, signal, subject, async () => {
    const folder = await cache.blob(entry.etag);
    const parts = new Parts(folder, entry.size, subject);
    for (let tries = 0; tries < 2; tries++) {
      const stored = await parts.stored();
      if (await isVerified(folder, stored, parts)) return stored;
      if (network === undefined && stored.length < parts.count) return undefined;
      const got = await completed(parts, remote, network, onProgress, signal);
      if (got === entry.etag) {
        const whole = await parts.stored();
        await writeFile(folder, noteName, noteOf(whole));
        return whole;
      }
      await removeEntry(folder, noteName);
      await parts.removeFrom(0);
      if (network === undefined) return undefined;
    }
    throw new GlimpseError(
      {
        subject,
        problem: "the server sent wrong bytes twice",
        expected: `digest ${entry.etag}`,
        got: "others",
        advice: "They were thrown away. Check the address of the Hub and any proxy.",
      },
      { code: "download" },
    );
  });
}

/** The size and time of each part; a part that is rewritten has another time. */
function noteOf(parts: readonly Part[]): string {
  return parts.map(({ file }) => `${file.size} ${file.lastModified}`).join("\n");
}

async function isVerified(folder: FileSystemDirectoryHandle, stored: readonly Part[], parts: Parts): Promise<boolean> {
  return stored.length === parts.count && (await readText(folder, noteName)) === noteOf(stored);
}

/** Downloads the parts that are missing; the digest of the whole. */
async function completed(
  parts: Parts,
  { entry, file, id, url }: RemoteFile,
  network: Network | undefined,
  onProgress: ((progress: DownloadProgress) => void) | undefined,
  signal: AbortSignal,
): Promise<string> {
  const subject = `${id}/${file}`;
  const digest = digestLike(entry.etag, entry.size);
  let next = 0;
  for (const { handle } of await parts.stored()) {
    throwIfAborted(signal, subject);
    digest.update(await readCurrent(handle, async (part) => new Uint8Array(await part.arrayBuffer())));
    next++;
  }
  const start = next * partBytes;
  if (network === undefined || next === parts.count) return digest.finish();
  await checkRoom(subject, entry.size - start);
  const part = { bytes: new Uint8Array(parts.lengthOf(next)), filled: 0 };
  const take = async (chunk: Uint8Array) => {
    for (let at = 0; at < chunk.length && next < parts.count; ) {
      const piece = chunk.subarray(at, at + part.bytes.length - part.filled);
      part.bytes.set(piece, part.filled);
      part.filled += piece.length;
      at += piece.length;
      if (part.filled < part.bytes.length) continue;
      await parts.write(next, part.bytes);
      digest.update(part.bytes);
      next++;
      part.filled = 0;
      if (next < parts.count) part.bytes = new Uint8Array(parts.lengthOf(next));
    }
  };
  const have = () => Math.min(entry.size, next * partBytes + (next < parts.count ? part.filled : 0));
  const tell = () => onProgress?.({ file, loaded: have(), total: entry.size });
  const patience = new Patience(network, subject);
  tell();
  let etag: string | null = null;
  while (next < parts.count) {
    const before = have();
    try {
      const headers: Record<string, string> = before === 0 ? {} : { range: `bytes=${before}-` };
      const answer = await request(network, url, headers, subject);
      etag = checkAnswer(answer, before, etag, id, subject, network);
      // A server without ranges sends everything again: what is here is skipped.
      let skip = answer.response.status === 206 ? 0 : before;
      for await (const chunk of answer.chunks()) {
        const fresh = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - fresh.length;
        await take(fresh);
        tell();
        if (next === parts.count) break;
      }
      if (next < parts.count) throw new Interruption(`the connection closed after ${have()} of ${entry.size} bytes`);
    } catch (error) {
      if (!(error instanceof Interruption)) throw error;
      if (have() > before && !error.stalled) patience.rewarded();
      await patience.after(
        error,
        `${next * partBytes} of ${entry.size} bytes are kept, and the next try continues there.`,
      );
    }
  }
  return digest.finish();
}

/** The answer's ETag, where it is shown. Throws if the answer is none for this file and position. */
function checkAnswer(
  { response }: Answer,
  position: number,
  etag: string | null,
  id: string,
  subject: string,
  network: Network,
): string | null {
  checkStatus(network, response, id, subject);
  if (/^text\/html/i.test(response.headers.get("content-type") ?? "")) {
    throw new GlimpseError(
      {
        subject,
        problem: "the server sent a web page in place of the file",
        advice: "Check the address of the Hub, and that no proxy or login page stands in between.",
      },
      { code: "download" },
    );
  }
  const range = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "");
  const now = response.headers.get("etag");
  const other = response.status === 206 && range !== null && Number(range[1]) !== position;
  if (other || (etag !== null && now !== null && etag !== now)) {
    void response.body?.cancel().catch(() => {});
    throw new GlimpseError(
      {
        subject,
        problem: "the server sends another file or another range than before",
        advice: "Load the model again.",
      },
      { code: "download" },
    );
  }
  return now ?? etag;
}

/** Runs `work` while no other tab or worker runs one of that name, where the browser has locks. */
async function exclusively<T>(name: string, signal: AbortSignal, subject: string, work: () => Promise<T>): Promise<T> {
  throwIfAborted(signal, subject);
  if (globalThis.navigator?.locks === undefined) return work();
  try {
    return await navigator.locks.request(name, { signal }, work);
  } catch (error) {
    if (error === signal.reason) throwIfAborted(signal, subject);
    throw error;
  }
}
