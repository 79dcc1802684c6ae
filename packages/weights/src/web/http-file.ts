// A file behind a URL, by ranges: for weights that go from the network to the backend one tensor at a time, without a
// copy anywhere. What is small, or comes from a server without ranges, is kept in memory.
import { GlimpseError, throwIfAborted } from "@glimpsejs/base";
import { type ByteSource, bytesSource } from "../byte-source.ts";
import { type Answer, Interruption, type Network, Patience, request } from "../hub/transport.ts";

/** Asked for first: mostly the whole header of a safetensors file, and all of a small file. */
const firstBytes = 2 ** 20;
/** Kept in memory at most, from a server without ranges. */
const maxWhole = 2 ** 30;

/** What is known of a file before it is asked for. */
export interface HttpFile {
  readonly url: string;
  /** What errors call it. */
  readonly name: string;
  /**
   * A file of at most so many bytes is read whole when it is opened, and kept in memory: quicker than a request for
   * every tensor. Default 0.
   */
  readonly wholeUpTo?: number | undefined;
  /** Told of bytes that are here, of all in the file if that is known, while a file is read whole. */
  readonly onProgress?: ((loaded: number, total: number | undefined) => void) | undefined;
}

/**
 * Opens the file; undefined if the server says that there is none, or answers with a web page. Reads throw "download",
 * "aborted", and "invalid-weights" where the file changed since.
 */
export async function openHttpFile(file: HttpFile, network: Network): Promise<ByteSource | undefined> {
  const { name, onProgress, wholeUpTo = 0 } = file;
  const first = await withPatience(network, name, async () => {
    const answer = await request(network, file.url, rangeOf(0, firstBytes), name);
    const { status, headers } = answer.response;
    if (status === 404 || status === 410 || isPage(headers)) {
      await answer.response.body?.cancel();
      return undefined;
    }
    if (status === 416) return { bytes: new Uint8Array(), size: 0, etag: null };
    if (!answer.response.ok) throw refused(name, answer.response);
    const range = rangeStart(headers);
    if (status === 206 && range?.total !== undefined && range.start === 0) {
      const length = Math.min(firstBytes, range.total);
      const total = range.total <= wholeUpTo ? range.total : undefined;
      const tell = total === undefined ? undefined : (loaded: number) => onProgress?.(loaded, total);
      return { bytes: await bodyOf(answer, length, name, tell), size: range.total, etag: headers.get("etag") };
    }
    const length = Number(headers.get("content-length")) || undefined;
    const bytes = await bodyOf(answer, undefined, name, (loaded) => onProgress?.(loaded, length));
    // A part of unknown whole that is shorter than was asked for is the whole.
    if (status === 206 && bytes.length === firstBytes) throw hidden(name);
    return { bytes, size: bytes.length, etag: headers.get("etag") };
  });
  if (first === undefined) return undefined;
  if (first.bytes.length === first.size) return bytesSource(name, first.bytes);
  const have = first.bytes.length;
  if (first.size <= wholeUpTo) {
    const tell = (loaded: number) => onProgress?.(have + loaded, first.size);
    const rest = await readRange(file, { offset: have, length: first.size - have, etag: first.etag }, network, tell);
    const whole = new Uint8Array(first.size);
    whole.set(first.bytes);
    whole.set(rest, have);
    return bytesSource(name, whole);
  }
  return {
    name,
    size: first.size,
    async read(offset, length, signal) {
      throwIfAborted(signal, name);
      if (offset + length <= have) return first.bytes.subarray(offset, offset + length);
      if (length === 0) return new Uint8Array();
      const joint = signal === undefined ? network.signal : AbortSignal.any([signal, network.signal]);
      return readRange(file, { offset, length, etag: first.etag }, { ...network, signal: joint });
    },
  };
}

/** Bytes of a file that was opened, if it is still the same. */
function readRange(
  { url, name }: HttpFile,
  { offset, length, etag }: { readonly offset: number; readonly length: number; readonly etag: string | null },
  network: Network,
  tell?: (loaded: number) => void,
): Promise<Uint8Array> {
  return withPatience(network, name, async () => {
    const answer = await request(network, url, rangeOf(offset, length), name);
    const { status, headers } = answer.response;
    const range = rangeStart(headers);
    const same = etag === null || headers.get("etag") === null || headers.get("etag") === etag;
    if (status !== 206 || !same || (range !== undefined && range.start !== offset)) {
      await answer.response.body?.cancel();
      throw changed(name, status);
    }
    return bodyOf(answer, length, name, tell);
  });
}

function rangeOf(offset: number, length: number): Record<string, string> {
  return { range: `bytes=${offset}-${offset + length - 1}` };
}

/** Undefined where the header is missing or hidden from pages of other origins. */
function rangeStart(headers: Headers): { readonly start: number; readonly total: number | undefined } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
  if (match === null) return undefined;
  return { start: Number(match[1]), total: match[2] === "*" ? undefined : Number(match[2]) };
}

function isPage(headers: Headers): boolean {
  return /^text\/html/i.test(headers.get("content-type") ?? "");
}

/** The body, of exactly `length` bytes where that is given. */
async function bodyOf(
  answer: Answer,
  length: number | undefined,
  name: string,
  tell?: (loaded: number) => void,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let have = 0;
  for await (const part of answer.chunks()) {
    parts.push(part);
    have += part.byteLength;
    tell?.(have);
    if (have > (length ?? maxWhole)) break;
  }
  if (length === undefined && have > maxWhole) throw hidden(name);
  if (length !== undefined && have !== length) throw new Interruption(`${have} of ${length} bytes arrived`);
  const bytes = new Uint8Array(have);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

async function withPatience<T>(network: Network, name: string, attempt: () => Promise<T>): Promise<T> {
  const patience = new Patience(network, name);
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Interruption)) throw error;
      await patience.after(error);
    }
  }
}

function refused(name: string, { status }: Response): GlimpseError {
  return new GlimpseError(
    { subject: name, problem: "the server refuses the request", got: `HTTP ${status}` },
    { code: "download" },
  );
}

function hidden(name: string): GlimpseError {
  return new GlimpseError(
    {
      subject: name,
      problem: "it is too large to be read whole, and its server does not say how large it is",
      advice: "Have the server answer ranges, and show Content-Range to pages of other origins.",
    },
    { code: "download" },
  );
}

function changed(name: string, status: number): GlimpseError {
  return new GlimpseError(
    {
      subject: name,
      problem: "the file changed while it was read, or its server stopped to answer ranges",
      got: `HTTP ${status}`,
      advice: "Load the model again.",
    },
    { code: "invalid-weights" },
  );
}
