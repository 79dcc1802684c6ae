// HTTP requests to the Hub and the hosts it redirects to. Adds to fetch what downloads of hundreds of megabytes need
// and the hub library leaves out: redirects are followed here, so that the token goes to the Hub's own origin only;
// silent or dripping connections are cut; Retry-After is obeyed within bounds. Knows no files and no cache.
// In browsers, which hide redirects, fetch follows them and drops the token on the way to another origin by itself.
import { GlimpseError, throwIfAborted } from "@glimpsejs/base";

/** How requests are made. */
export interface Network {
  /** Address of the Hub, without a slash at its end. */
  readonly endpoint: string;
  /** Sent to the origin of `endpoint` and to no other. */
  readonly token: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  /** Tries in a row that may fail before the error is reported. */
  readonly retries: number;
  /** A connection must bring 64 KiB, or its end, within this many milliseconds of waiting. */
  readonly stallMs: number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** True where fetch shows redirects, so that they are judged here. */
  readonly showsRedirects: boolean;
  /** What a reader can set, for advice. */
  readonly words: { readonly token: string; readonly endpoint: string };
}

/** The answer to a request. */
export interface Answer {
  readonly response: Response;
  /** The body in pieces. Throws {@link Interruption} if the connection breaks or stalls. Closes it when left early. */
  chunks(): AsyncGenerator<Uint8Array>;
}

/** A connection that failed in a way that may pass. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  /** Milliseconds that the server asks to wait. */
  readonly waitMs: number | undefined;
  /** True if the connection was cut for being too slow. */
  readonly stalled: boolean;

  constructor(
    message: string,
    options: { readonly waitMs?: number | undefined; readonly stalled?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.waitMs = options.waitMs;
    this.stalled = options.stalled ?? false;
  }
}

const maxRedirects = 10;
const minBytes = 64 * 1024;
const maxWaitMs = 120_000;
/** Connections per file, however well each of them goes. */
const maxConnections = 1000;
const passing = new Set([408, 429, 500, 502, 503, 504]);

/**
 * Requests `url`, following redirects. `subject` names the file in errors. Answers with any status that is final.
 * Throws Interruption for what may pass, and GlimpseError "aborted" or "download" (redirects that do not end, lead
 * from https to http, or a server that asks for more patience than two minutes).
 */
export async function request(
  network: Network,
  url: string,
  headers: Readonly<Record<string, string>>,
  subject: string,
): Promise<Answer> {
  const { signal } = network;
  const connection = new AbortController();
  const home = new URL(network.endpoint).origin;
  let target = new URL(url);
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const authorized =
      network.token !== undefined && target.origin === home
        ? { ...headers, authorization: `Bearer ${network.token}` }
        : headers;
    const { fetch } = network;
    const response = await patiently(network, connection, network.stallMs, subject, () =>
      fetch(target.href, {
        headers: authorized,
        redirect: network.showsRedirects ? "manual" : "follow",
        signal: AbortSignal.any([signal, connection.signal]),
      }),
    );
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) {
      if (passing.has(response.status)) throw await refusal(response, subject);
      return { response, chunks: () => chunks(network, connection, response, subject) };
    }
    await discard(response);
    target = redirected(target, location, subject);
  }
  return fail(subject, "the redirects do not end", `at most ${maxRedirects}`);
}

/** Lets go of a body that nobody wants, in whatever state it is. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/** Counts failures of one file, waits between tries, and gives up in the end. */
export class Patience {
  private readonly network: Network;
  private readonly subject: string;
  private failures = 0;
  private connections = 0;

  constructor(network: Network, subject: string) {
    this.network = network;
    this.subject = subject;
  }

  /** To be called when a connection brought more than all before it. */
  rewarded(): void {
    this.failures = 0;
  }

  /** Waits before the next try. Throws "download" if there should be none; `kept` tells what is not lost. */
  async after(interruption: Interruption, kept?: string): Promise<void> {
    const { retries, sleep, signal } = this.network;
    this.connections++;
    if (this.failures++ >= retries || this.connections >= maxConnections) {
      throw new GlimpseError(
        {
          subject: this.subject,
          problem: `the download failed after ${this.connections} ${this.connections === 1 ? "try" : "tries"}`,
          got: interruption.message,
          advice: `Check the connection and try again.${kept === undefined ? "" : ` ${kept}`}`,
        },
        { code: "download", cause: interruption },
      );
    }
    await sleep(interruption.waitMs ?? Math.min(8000, 250 * 2 ** this.failures), signal);
    throwIfAborted(signal, this.subject);
  }
}

/** Waits `ms` milliseconds, or until `signal` aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      done();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish);
    if (signal.aborted) finish();
  });
}

async function* chunks(
  network: Network,
  connection: AbortController,
  response: Response,
  subject: string,
): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  let waited = 0;
  let bytes = 0;
  try {
    for (;;) {
      const start = performance.now();
      const { done, value } = await patiently(network, connection, network.stallMs - waited, subject, () =>
        reader.read(),
      );
      if (done) return;
      // Only waiting counts: a slow disk is not the network's fault.
      waited += performance.now() - start;
      bytes += value.byteLength;
      if (bytes >= minBytes) bytes = waited = 0;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Runs one step of a connection, cutting it after `ms` milliseconds. */
async function patiently<T>(
  network: Network,
  connection: AbortController,
  ms: number,
  subject: string,
  step: () => Promise<T>,
): Promise<T> {
  throwIfAborted(network.signal, subject);
  const timer = setTimeout(() => connection.abort(), Math.max(0, ms));
  try {
    return await step();
  } catch (cause) {
    throwIfAborted(network.signal, subject);
    if (connection.signal.aborted) {
      throw new Interruption(`too little arrived in ${network.stallMs} ms`, { stalled: true, cause });
    }
    throw new Interruption(reasonOf(cause), { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** What fetch means by "fetch failed" and "terminated" is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}

async function refusal(response: Response, subject: string): Promise<Interruption> {
  await discard(response);
  const waitMs = retryAfter(response.headers.get("retry-after"));
  if (waitMs !== undefined && waitMs > maxWaitMs) {
    const wait = `${Math.ceil(waitMs / 1000)} s`;
    fail(
      subject,
      `the server answers ${response.status} and asks to wait`,
      "at most 120 s",
      wait,
      `Try again in ${wait}.`,
    );
  }
  return new Interruption(`HTTP ${response.status}`, { waitMs });
}

/** Milliseconds of a Retry-After header, which holds seconds or a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function redirected(from: URL, location: string, subject: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const safe = to?.protocol === "https:" || (to?.protocol === "http:" && from.protocol === "http:");
  if (to === undefined || !safe)
    fail(subject, "a redirect leads to no safe address", "https", `${to?.protocol ?? "none"}`);
  return to;
}

function fail(subject: string, problem: string, expected: string, got?: string, advice?: string): never {
  throw new GlimpseError({ subject, problem, expected, got, advice }, { code: "download" });
}
