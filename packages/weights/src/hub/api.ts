// What the Hub knows about a repository: the commit of a revision, and the files of a commit with their digests.
// Addresses, paging and answers are the hub library's (modelInfo, listFiles), run on our transport. Its
// downloadFileToCacheDir and snapshotDownload are not used: they trust any file of the right name, write all processes
// into one ".incomplete", cannot resume or be aborted, and file a branch under the commit that last touched the file.
import { GlimpseError, show } from "@glimpsejs/base";
import { checkStatus } from "./status.ts";
import { Interruption, type Network, Patience, request } from "./transport.ts";

/** A file of a commit. */
export interface HubEntry {
  /** Bytes. */
  readonly size: number;
  /** Name of its blob in the cache: the SHA-256 of large files, the git object id of small ones, in hexadecimal. */
  readonly etag: string;
}

/** Answers of the API are small; more than this is not one. */
const maxAnswerBytes = 20_000_000;
const maxEntries = 10_000;

/** The commit, 40 hexadecimal digits, that `revision` is now. Throws "missing-file", "download", "aborted". */
export async function findCommit(network: Network, id: string, revision: string): Promise<string> {
  const subject = `${id}@${revision}`;
  const { modelInfo } = await import("@huggingface/hub");
  const { sha } = await understood(subject, () =>
    modelInfo({
      name: id,
      revision,
      additionalFields: ["sha"],
      hubUrl: network.endpoint,
      fetch: apiFetch(network, id, subject),
    }),
  );
  if (typeof sha === "string" && /^[0-9a-f]{40}$/.test(sha)) return sha;
  return malformed(subject, `the commit ${show(sha)}`);
}

/** The files in the top folder of a commit, by name. Throws "missing-file", "download", "aborted". */
export async function listCommit(network: Network, id: string, commit: string): Promise<ReadonlyMap<string, HubEntry>> {
  const subject = `${id}@${commit}`;
  const { listFiles } = await import("@huggingface/hub");
  return understood(subject, async () => {
    const files = new Map<string, HubEntry>();
    const entries = listFiles({
      repo: { type: "model", name: id },
      revision: commit,
      hubUrl: network.endpoint,
      fetch: apiFetch(network, id, subject),
    });
    for await (const { type, path, size, oid, lfs } of entries) {
      if (files.size > maxEntries) malformed(subject, `more than ${maxEntries} files`);
      if (type !== "file") continue;
      const entry = lfs === undefined ? { size, etag: oid ?? "" } : { size: lfs.size, etag: lfs.oid };
      const valid = lfs === undefined ? /^[0-9a-f]{40}$/ : /^[0-9a-f]{64}$/;
      if (!Number.isSafeInteger(entry.size) || entry.size < 0 || !valid.test(entry.etag)) {
        malformed(subject, `${show(path)} with size ${show(entry.size)} and digest ${show(entry.etag)}`);
      }
      files.set(path, entry);
    }
    return files;
  });
}

/** A fetch for the library: whole, bounded answers of status 2xx, fetched again if the connection breaks. */
function apiFetch(network: Network, id: string, subject: string): typeof globalThis.fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const patience = new Patience(network, subject);
    for (;;) {
      try {
        const { response, chunks } = await request(
          network,
          url,
          { ...Object.fromEntries(new Headers(init?.headers)) },
          subject,
        );
        checkStatus(network, response, id, subject);
        const parts: Uint8Array<ArrayBuffer>[] = [];
        let length = 0;
        for await (const part of chunks()) {
          length += part.byteLength;
          if (length > maxAnswerBytes) malformed(subject, `more than ${maxAnswerBytes} bytes`);
          parts.push(Uint8Array.from(part));
        }
        return new Response(new Blob(parts), { status: response.status, headers: response.headers });
      } catch (error) {
        if (!(error instanceof Interruption)) throw error;
        await patience.after(error);
      }
    }
  };
}

/** Runs library calls; whatever they throw about an answer becomes a GlimpseError. */
async function understood<T>(subject: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (GlimpseError.isInstance(error)) throw error;
    return malformed(subject, error instanceof Error ? error.message : String(error), error);
  }
}

function malformed(subject: string, got: string, cause?: unknown): never {
  throw new GlimpseError(
    {
      subject,
      problem: "the server's answer is not what the Hub answers",
      got,
      advice: "Check the address of the Hub, and that no proxy or login page stands in between.",
    },
    { code: "download", cause },
  );
}
