// A Hub repository as the files of a checkpoint in a browser. Files are downloaded into the page's storage when they
// are first asked for, and read from there; a page that keeps nothing reads them from the Hub by ranges, one tensor at
// a time. If the Hub cannot be reached, the commit that the cache knows is used.
import { DisposedError, GlimpseError } from "@glimpsejs/base";
import { type ByteSource, bytesSource } from "../byte-source.ts";
import { findCommit, listCommit } from "../hub/api.ts";
import { type CheckpointFiles, checkpointFiles } from "../hub/files.ts";
import { repoIdProblem, revisionProblem } from "../hub/names.ts";
import { type Network, sleep } from "../hub/transport.ts";
import { type DownloadProgress, obtain } from "./download.ts";
import { openHttpFile } from "./http-file.ts";
import { asCacheErrors, type Listing, OpfsCache } from "./hub-cache.ts";
import { partsSource } from "./parts.ts";

/** Options of {@link openHub}. */
export interface OpenHubOptions {
  /** Branch, tag, commit hash, or a pull request as "refs/pr/1". Default "main". */
  readonly revision?: string | undefined;
  /** Address of the Hub. Default https://huggingface.co. */
  readonly endpoint?: string | undefined;
  /** Access token, sent to the Hub only. A token in a page can be read by whoever uses the page. */
  readonly token?: string | undefined;
  /** Where files are kept; false keeps nothing. Default the page's private storage, where there is one. */
  readonly cache?: OpfsCache | false | undefined;
  /** Default the global fetch at the time of the call. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Aborts this call and every later download of the result. */
  readonly signal?: AbortSignal | undefined;
  /** Called as the bytes of each file arrive. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** For unusual networks: tries in a row (default 5), patience with a silent connection (default 30 s), the clock. */
  readonly network?: Partial<Pick<Network, "retries" | "stallMs" | "sleep">> | undefined;
}

/**
 * Opens a repository such as "microsoft/git-base-coco". On revision "main" the result has at(), for weights that are
 * only in a pull request. Throws "invalid-argument" for a bad id or revision, "missing-file" if the repository or
 * revision does not exist; "download", "cache", "aborted".
 */
export async function openHub(id: string, options: OpenHubOptions = {}): Promise<CheckpointFiles> {
  const { revision = "main" } = options;
  const problems = [repoIdProblem(id), revisionProblem(revision)].filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
  const cache = await cacheOf(options);
  const hub = await asCacheErrors(id, () => HubRevision.open(id, revision, cache, options));
  return checkpointFiles({
    name: `${id}@${revision}`,
    list: () => asCacheErrors(id, () => hub.list()),
    source: (file) => asCacheErrors(`${id}/${file}`, () => hub.source(file)),
    missingAdvice: () => hub.missingAdvice(),
    // Whoever asks for a revision gets its files and no others.
    ...(revision === "main" && { at: (other) => openIfThere(id, { ...options, revision: other }, hub) }),
    dispose: async () => hub.dispose(),
  });
}

async function openIfThere(
  id: string,
  options: OpenHubOptions,
  { isOffline }: HubRevision,
): Promise<CheckpointFiles | undefined> {
  try {
    return await openHub(id, options);
  } catch (error) {
    if (GlimpseError.isInstance(error, "missing-file")) return undefined;
    if (isOffline && GlimpseError.isInstance(error, "download")) return undefined;
    throw error;
  }
}

async function cacheOf({ cache }: OpenHubOptions): Promise<OpfsCache | undefined> {
  if (cache === false) return undefined;
  const wanted = cache ?? new OpfsCache();
  return (await wanted.unavailable()) === undefined ? wanted : undefined;
}

/** One commit of a repository. Owns the downloads that it started. */
class HubRevision {
  private readonly id: string;
  private readonly revision: string;
  private readonly cache: OpfsCache | undefined;
  private readonly network: Network;
  private readonly stopper = new AbortController();
  /** The caller's. */
  private readonly signal: AbortSignal;
  private readonly onProgress: OpenHubOptions["onProgress"];
  private commit = "";
  /** The files of the commit. */
  listing: Listing = new Map();
  /** Why the Hub is not asked; undefined while it is. */
  private cacheOnly: string | undefined;

  private constructor(id: string, revision: string, cache: OpfsCache | undefined, options: OpenHubOptions) {
    const { endpoint = "https://huggingface.co", fetch = globalThis.fetch, signal, token } = options;
    this.id = id;
    this.revision = revision;
    this.cache = cache;
    this.signal = signal ?? new AbortController().signal;
    this.onProgress = options.onProgress;
    this.network = {
      endpoint: endpoint.replace(/\/+$/, ""),
      token,
      // The browser's own cache would keep a second copy of what is kept here.
      fetch: (input, init) => fetch(input, { ...init, cache: "no-store" }),
      signal: signal === undefined ? this.stopper.signal : AbortSignal.any([signal, this.stopper.signal]),
      retries: 5,
      stallMs: 30_000,
      sleep,
      showsRedirects: false,
      words: { token: 'the option "token"', endpoint: 'the option "endpoint"' },
      ...options.network,
    };
  }

  static async open(
    id: string,
    revision: string,
    cache: OpfsCache | undefined,
    options: OpenHubOptions,
  ): Promise<HubRevision> {
    const hub = new HubRevision(id, revision, cache, options);
    const known = await cache?.readRef(id, revision);
    const kept = known === undefined ? undefined : await cache?.listing(id, known);
    try {
      await hub.ask(known !== undefined && kept !== undefined);
    } catch (error) {
      if (known === undefined || kept === undefined || !GlimpseError.isInstance(error, "download")) throw error;
      hub.cacheOnly = `The Hub could not be asked (${error.message})`;
      hub.commit = known;
      hub.listing = kept;
    }
    return hub;
  }

  /** True if only the cache is used. */
  get isOffline(): boolean {
    return this.cacheOnly !== undefined;
  }

  /** Without the Hub, only what is stored whole is there. */
  async list(): Promise<readonly string[]> {
    if (this.cacheOnly === undefined) return [...this.listing.keys()];
    const stored = (await this.cache?.list()) ?? [];
    return stored
      .filter((file) => file.id === this.id && file.commit === this.commit && file.stored === file.size)
      .map(({ file }) => file);
  }

  async source(file: string): Promise<ByteSource | undefined> {
    if (this.stopper.signal.aborted) throw new DisposedError(`${this.id}@${this.revision}`);
    const { cache, commit, id, network, cacheOnly } = this;
    const entry = this.listing.get(file);
    if (entry === undefined) return undefined;
    const name = `${id}/${file}`;
    if (entry.size === 0) return bytesSource(name, new Uint8Array());
    const url = `${network.endpoint}/${id}/resolve/${commit}/${encodeURIComponent(file)}`;
    if (cache === undefined) {
      // What is read later outlives these files, and stops with the caller's signal only.
      return openHttpFile({ url, name }, { ...network, signal: this.signal });
    }
    const remote = { id, file, url, entry };
    const online = cacheOnly === undefined ? network : undefined;
    const parts = await obtain(cache, remote, online, this.onProgress, network.signal);
    return parts === undefined ? undefined : partsSource(name, parts, entry.size);
  }

  missingAdvice(): string {
    if (this.cacheOnly === undefined)
      return `See the files at ${this.network.endpoint}/${this.id}/tree/${this.revision}.`;
    return `${this.cacheOnly} Only what the page has kept can be used; load once with the network on.`;
  }

  dispose(): void {
    this.stopper.abort(new DisposedError(this.id));
  }

  /** Asks the Hub which commit the revision is and what is in it, and remembers both. */
  private async ask(hasCopy: boolean): Promise<void> {
    const { id, revision, cache, network } = this;
    // With a copy at hand, a Hub that does not answer at once is not worth a wait.
    const impatient = { ...network, retries: hasCopy ? 0 : Math.min(2, network.retries) };
    const isCommit = /^[0-9a-f]{40}$/.test(revision);
    this.commit = isCommit ? revision : await findCommit(impatient, id, revision);
    this.listing = (await cache?.listing(id, this.commit)) ?? (await listCommit(impatient, id, this.commit));
    await cache?.remember(id, revision, this.commit, this.listing);
  }
}
