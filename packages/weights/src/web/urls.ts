// Checkpoints that a site serves: a folder of a server, or a list of URLs as bundlers make them. Cached by the browser as
// any file is; not kept in the storage of the page.
import { DisposedError } from "@glimpsejs/base";
import { type ByteSource, bytesSource } from "../byte-source.ts";
import { type CheckpointFiles, checkpointFiles } from "../hub/files.ts";
import { type Network, sleep } from "../hub/transport.ts";
import { openHttpFile } from "./http-file.ts";

/** How far a file of a site is. */
export interface UrlProgress {
  /** Name of the file, as the checkpoint calls it. */
  readonly file: string;
  /** Bytes that are here. */
  readonly loaded: number;
  /** Bytes in all, where the server says. */
  readonly total: number | undefined;
}

/** Options of {@link openUrls}. */
export interface OpenUrlsOptions {
  /** Default the global fetch at the time of the call. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Aborts this call and every later read. */
  readonly signal?: AbortSignal | undefined;
  /** Files of at most so many bytes are read whole when they are opened; larger ones by ranges. Default 0. */
  readonly wholeUpTo?: number | undefined;
  /** Told while files are read whole. */
  readonly onProgress?: ((progress: UrlProgress) => void) | undefined;
  /** For unusual networks: tries in a row (default 5), patience with a silent connection (default 30 s), the clock. */
  readonly network?: Partial<Pick<Network, "retries" | "stallMs" | "sleep">>;
}

/**
 * Opens a checkpoint from a folder's URL, or from the URL of each of its files by name; `name` is used in errors.
 * Large files are read by ranges. A file for which the server has no answer is one that is not there; a folder over HTTP
 * cannot be listed.
 */
export function openUrls(
  name: string,
  urls: string | URL | Readonly<Record<string, string | URL>>,
  options: OpenUrlsOptions = {},
): CheckpointFiles {
  let disposed = false;
  const { signal, onProgress, wholeUpTo, fetch = globalThis.fetch } = options;
  const network: Network = {
    // Files of a disk and sandboxed frames have no origin but "null".
    endpoint: URL.canParse(globalThis.origin ?? "") ? globalThis.origin : "http://localhost",
    token: undefined,
    fetch: (input, init) => fetch(input, init),
    signal: signal ?? new AbortController().signal,
    retries: 5,
    stallMs: 30_000,
    sleep,
    showsRedirects: false,
    words: { token: "", endpoint: "" },
    ...options.network,
  };
  const isFolder = typeof urls === "string" || urls instanceof URL;
  const base = isFolder ? new URL(urls, pageUrl()) : undefined;
  if (base !== undefined && !base.pathname.endsWith("/")) base.pathname += "/";
  const urlOf = (file: string) => {
    if (base !== undefined) return new URL(encodeURIComponent(file), base).href;
    const url = isFolder || !Object.hasOwn(urls, file) ? undefined : urls[file];
    return url === undefined ? undefined : new URL(url, pageUrl()).href;
  };
  const found = new Set<string>();
  return checkpointFiles({
    name,
    list: async () => (isFolder ? [...found].sort() : Object.keys(urls).sort()),
    async source(file) {
      if (disposed) throw new DisposedError(name);
      const url = urlOf(file);
      if (url === undefined) return undefined;
      const tell = (loaded: number, total: number | undefined) => onProgress?.({ file, loaded, total });
      const source = /^data:/.test(url)
        ? dataFile(`${name}/${file}`, url)
        : await openHttpFile({ url, name: `${name}/${file}`, wholeUpTo, onProgress: tell }, network);
      if (source !== undefined) found.add(file);
      return source;
    },
    missingAdvice: () =>
      base === undefined
        ? "Name the URLs of all files of a GIT checkpoint."
        : `See what the server has at ${base.href}.`,
    async dispose() {
      // Sources that were opened outlive this.
      disposed = true;
    },
  });
}

/** Bundlers turn small files into data: URLs, which policies often forbid fetching. */
function dataFile(name: string, url: string): ByteSource {
  const comma = url.indexOf(",");
  const content = url.slice(comma + 1);
  const isBase64 = /;base64$/i.test(url.slice(0, comma));
  const bytes = isBase64
    ? Uint8Array.from(atob(decodeURIComponent(content)), (letter) => letter.charCodeAt(0))
    : new TextEncoder().encode(decodeURIComponent(content));
  return bytesSource(name, bytes);
}

/** What relative addresses depart from: a page without an address of its own, in a frame, has that of the page around it. */
function pageUrl(): string | undefined {
  return globalThis.document?.baseURI ?? globalThis.location?.href;
}
