// The bytes of one file over HTTP into a partial file, resumed until all are there. The hub library's downloadFile is
// not used: it sends no If-Range, takes a 200 for the 206 it asked for, and cannot be aborted. Files kept in Xet
// storage come through the Hub's plain HTTP bridge, which serves ranges. Digests are checked by the caller.
import { constants } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { GlimpseError } from "@glimpsejs/base";
import { checkStatus } from "../hub/status.ts";
import { type Answer, Interruption, type Network, Patience, request } from "../hub/transport.ts";

/** A file to be downloaded. */
export interface RemoteFile {
  readonly id: string;
  readonly file: string;
  readonly url: string;
  /** Bytes that it must have. */
  readonly size: number;
}

/** Told after every piece that was written, and once at the start of each connection. */
export interface DownloadProgress {
  /** Name of the file, such as "model.safetensors". */
  readonly file: string;
  /** Bytes that are on disk. Falls back to 0 if a download has to start over. */
  readonly loaded: number;
  /** Bytes in all. */
  readonly total: number;
}

/**
 * Downloads into the file `path`, continuing after what it holds, until it has `remote.size` bytes and they are on
 * disk. On failure it keeps what it has for the next call. Bytes go to their own position, and a new start is a new
 * file, so that two processes that write at once cannot tear what one of them has finished.
 * Throws "download", "missing-file", "aborted", and what node:fs throws.
 */
export async function downloadFile(
  path: string,
  remote: RemoteFile,
  network: Network,
  onProgress: ((progress: DownloadProgress) => void) | undefined,
): Promise<void> {
  const { id, file, size, url } = remote;
  const subject = `${id}/${file}`;
  const patience = new Patience(network, subject);
  const tell = (loaded: number) => onProgress?.({ file, loaded, total: size });
  let handle = await openPartial(path);
  try {
    let have = (await handle.stat()).size;
    const startOver = async () => {
      await handle.close();
      await rm(path, { force: true });
      handle = await openPartial(path);
      have = 0;
    };
    if (have > size) await startOver();
    let furthest = have;
    let validator: string | undefined;
    while (have < size) {
      try {
        const answer = await request(network, url, rangeHeaders(have, validator), subject);
        const start = startOf(answer, remote, network, subject, validator);
        if (start !== have) await startOver();
        if (start !== 0 && start !== have) throw new Interruption("the server sends another range than asked for");
        tell(have);
        validator = strongEtag(answer);
        for await (const chunk of answer.chunks()) {
          // A body that is too long is cut here; whether it is the right one, its digest tells.
          const wanted = chunk.subarray(0, size - have);
          await writeAt(handle, wanted, have);
          have += wanted.byteLength;
          tell(have);
          if (have === size) break;
        }
        if (have < size) throw new Interruption(`the connection closed after ${have} of ${size} bytes`);
      } catch (error) {
        if (!(error instanceof Interruption)) throw error;
        if (have > furthest && !error.stalled) patience.rewarded();
        furthest = Math.max(furthest, have);
        await patience.after(error, `${have} of ${size} bytes are kept, and the next try continues there.`);
      }
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function openPartial(path: string): Promise<FileHandle> {
  // Windows has no O_NOFOLLOW; there the file would need a privilege to be a link.
  return open(path, constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o666);
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}

/** A part from an earlier process is continued without If-Range: the address names a commit, and the digest decides. */
function rangeHeaders(have: number, validator: string | undefined): Record<string, string> {
  // Compressed bodies have no positions that a file could continue at.
  const headers = { "accept-encoding": "identity" };
  if (have === 0) return headers;
  return { ...headers, range: `bytes=${have}-`, ...(validator !== undefined && { "if-range": validator }) };
}

/** The position at which the body starts: 0 for a whole file, -1 if it cannot be used. */
function startOf(
  { response }: Answer,
  remote: RemoteFile,
  network: Network,
  subject: string,
  validator: string | undefined,
): number {
  if (response.status === 416) return -1;
  checkStatus(network, response, remote.id, subject);
  if (/^text\/html/i.test(response.headers.get("content-type") ?? "")) {
    throw new GlimpseError(
      {
        subject,
        problem: "the server sent a web page in place of the file",
        advice: "Check HF_ENDPOINT, and that no proxy or login page stands in between.",
      },
      { code: "download" },
    );
  }
  if (response.status !== 206) return 0;
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
  const changed = validator !== undefined && strongEtag({ response }) !== validator;
  const other = range === null || (range[2] !== "*" && Number(range[2]) !== remote.size);
  return changed || other ? -1 : Number(range[1]);
}

/** Only a strong ETag promises equal bytes. */
function strongEtag({ response }: Pick<Answer, "response">): string | undefined {
  const etag = response.headers.get("etag");
  return etag !== null && /^"[^"]*"$/.test(etag) ? etag : undefined;
}
