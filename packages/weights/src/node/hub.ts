// A Hub repository as the files of a checkpoint, through the cache on disk. Files are downloaded when they are first
// asked for; what the cache has is used without a request but the one that asks which commit a branch is now. If the
// Hub cannot be reached, the commit that the cache knows is used.
import { DisposedError, GlimpseError, show } from "@glimpsejs/base";
import type { ByteSource } from "../byte-source.ts";
import { findCommit, type HubEntry, listCommit } from "../hub/api.ts";
import { type CheckpointFiles, checkpointFiles } from "../hub/files.ts";
import { collisions, repoIdProblem, revisionProblem } from "../hub/names.ts";
import { type Network, sleep } from "../hub/transport.ts";
import { isIntact } from "./digest.ts";
import { asCacheErrors } from "./errno.ts";
import { fileSource } from "./file-source.ts";
import { obtainBlob, quarantine } from "./hub-blob.ts";
import { RepoCache } from "./hub-cache.ts";
import type { DownloadProgress } from "./hub-download.ts";
import { type HubSettings, type HubSettingsOptions, hubSettings } from "./hub-settings.ts";

/** Options of {@link openHub}. */
export interface OpenHubOptions extends HubSettingsOptions {
  /** Branch, tag, commit hash, or a pull request as "refs/pr/1". Default "main". */
  readonly revision?: string;
  /** Default the global fetch at the time of the call. Must show redirects, as those of Node, Deno and Bun do. */
  readonly fetch?: typeof globalThis.fetch;
  /** Aborts this call and every later download of the result. */
  readonly signal?: AbortSignal;
  /** Called as the bytes of each file arrive. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** For unusual networks: tries in a row (default 5), patience with a silent connection (default 30 s), the clock. */
  readonly network?: Partial<Pick<Network, "retries" | "stallMs" | "sleep">>;
}

/**
 * Opens a repository such as "microsoft/git-base-coco". On revision "main" the result has at(), for weights that are
 * only in a pull request. Throws "invalid-argument" for a bad id or revision, "missing-file" if the repository or
 * revision does not exist, or is not in the cache when offline; "download", "cache", "aborted".
 */
export async function openHub(id: string, options: OpenHubOptions = {}): Promise<CheckpointFiles> {
  const { revision = "main" } = options;
  const problems = [repoIdProblem(id), revisionProblem(revision)].filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
  const settings = await hubSettings(options);
  const hub = await HubRevision.open(id, revision, settings, options);
  return checkpointFiles({
    name: `${id}@${revision}`,
    list: () => hub.list(),
    source: (file) => hub.source(file),
    missingAdvice: () => hub.missingAdvice(),
    // Whoever asks for a revision gets its files and no others.
    ...(revision === "main" && {
      at: (other) => openIfThere(id, { ...options, revision: other, offline: hub.isOffline }),
    }),
    dispose: async () => hub.dispose(),
  });
}

async function openIfThere(id: string, options: OpenHubOptions): Promise<CheckpointFiles | undefined> {
  try {
    return await openHub(id, options);
  } catch (error) {
    if (GlimpseError.isInstance(error, "missing-file")) return undefined;
    throw error;
  }
}

/** One commit of a repository. Owns the downloads that it started. */
class HubRevision {
  private readonly id: string;
  private readonly revision: string;
  private readonly cache: RepoCache;
  private readonly network: Network;
  private readonly stopper: AbortController;
  private readonly onProgress: OpenHubOptions["onProgress"];
  private commit = "";
  /** Why the Hub is not asked; undefined while it is. */
  private cacheOnly: string | undefined;
  private listing: Promise<ReadonlyMap<string, HubEntry>> | undefined;

  private constructor(id: string, revision: string, settings: HubSettings, options: OpenHubOptions) {
    const { fetch = globalThis.fetch, signal, network } = options;
    const stopper = new AbortController();
    this.id = id;
    this.revision = revision;
    this.cache = new RepoCache(settings, id);
    this.network = {
      endpoint: settings.endpoint,
      token: settings.token,
      fetch,
      signal: signal === undefined ? stopper.signal : AbortSignal.any([signal, stopper.signal]),
      retries: 5,
      stallMs: 30_000,
      sleep,
      showsRedirects: true,
      words: { token: "HF_TOKEN", endpoint: "HF_ENDPOINT" },
      ...network,
    };
    this.stopper = stopper;
    this.onProgress = options.onProgress;
    this.cacheOnly = settings.offline ? "Offline mode is on (HF_HUB_OFFLINE)." : undefined;
  }

  static async open(
    id: string,
    revision: string,
    settings: HubSettings,
    options: OpenHubOptions,
  ): Promise<HubRevision> {
    const hub = new HubRevision(id, revision, settings, options);
    hub.commit = await hub.guarded(revision, () => hub.resolve());
    return hub;
  }

  /** True if only the cache is used. */
  get isOffline(): boolean {
    return this.cacheOnly !== undefined;
  }

  async list(): Promise<readonly string[]> {
    this.checkOpen();
    return this.guarded("files", async () => {
      const listing = await this.listFiles();
      return listing === undefined ? this.cache.list(this.commit) : [...listing.keys()];
    });
  }

  async source(file: string): Promise<ByteSource | undefined> {
    this.checkOpen();
    return this.guarded(file, async () => {
      const path = (await this.cached(file)) ?? (await this.downloaded(file));
      return path === undefined ? undefined : fileSource(path);
    });
  }

  missingAdvice(): string {
    const { endpoint } = this.network;
    if (this.cacheOnly === undefined) return `See the files at ${endpoint}/${this.id}/tree/${this.revision}.`;
    return `${this.cacheOnly} Only what is in the cache ${this.cache.root} can be used; load once with the network on.`;
  }

  dispose(): void {
    this.stopper.abort(new DisposedError(this.id));
  }

  private async resolve(): Promise<string> {
    const { id, revision, cache, network } = this;
    if (/^[0-9a-f]{40}$/.test(revision)) return revision;
    const known = await cache.readRef(revision);
    if (this.cacheOnly === undefined) {
      // A Hub that does not answer the first request mostly means no network, and is not worth a long wait; with a copy
      // at hand, none.
      const retries = known === undefined ? Math.min(2, network.retries) : 0;
      try {
        return await findCommit({ ...network, retries }, id, revision);
      } catch (error) {
        if (known === undefined) throw error;
        this.useCacheOnly(error);
      }
    }
    if (known !== undefined) return known;
    throw new GlimpseError(
      {
        subject: `${id}@${revision}`,
        problem: "it is not in the cache",
        expected: cache.ref(revision),
        advice: this.missingAdvice(),
      },
      { code: "missing-file" },
    );
  }

  /** From here on only the cache is used, if `error` says that the Hub cannot be asked; else throws it. */
  private useCacheOnly(error: unknown): void {
    if (!GlimpseError.isInstance(error, "download")) throw error;
    this.cacheOnly = `The Hub could not be asked (${error.message})`;
  }

  private async listFiles(): Promise<ReadonlyMap<string, HubEntry> | undefined> {
    if (this.cacheOnly !== undefined) return undefined;
    try {
      this.listing ??= listCommit(this.network, this.id, this.commit);
      return await this.listing;
    } catch (error) {
      this.listing = undefined;
      if ((await this.cache.list(this.commit)).length === 0) throw error;
      this.useCacheOnly(error);
      return undefined;
    }
  }

  /** The path of a file that is in the cache and intact. One that is not is moved away. */
  private async cached(file: string): Promise<string | undefined> {
    const { cache, commit, revision, network } = this;
    const found = await cache.find(commit, file);
    if (found === undefined) return undefined;
    const etag = found.etag ?? (await this.listFiles())?.get(file)?.etag;
    if (etag === undefined || (await isIntact(etag, found.path, cache.note(etag), network.signal))) {
      // The cache may be read-only.
      await cache.writeRef(revision, commit).catch(() => {});
      return found.path;
    }
    await quarantine(cache, etag, found.etag === undefined ? found.path : cache.blob(etag));
    if (this.cacheOnly === undefined) return undefined;
    throw new GlimpseError(
      {
        subject: found.path,
        problem: "the file in the cache is damaged",
        expected: `digest ${etag}`,
        got: "another",
        advice: `It was moved to ${cache.blob(etag)}.corrupt. ${this.missingAdvice()}`,
      },
      { code: "cache" },
    );
  }

  private async downloaded(file: string): Promise<string | undefined> {
    const { cache, commit, id, network } = this;
    const listing = await this.listFiles();
    const entry = listing?.get(file);
    if (listing === undefined || entry === undefined) return undefined;
    const twins = collisions(file, listing.keys());
    if (twins.length > 0) {
      throw new GlimpseError(
        {
          subject: `${this.id}/${file}`,
          problem: "the repository has files that some file systems cannot tell from it",
          got: twins.map((twin) => show(twin)).join(", "),
          advice: "Ask its owner to rename them.",
        },
        { code: "cache" },
      );
    }
    const url = `${network.endpoint}/${id}/resolve/${commit}/${encodeURIComponent(file)}`;
    const fresh = await obtainBlob(cache, entry.etag, { id, file, url, size: entry.size }, network, this.onProgress);
    const path = await cache.place(commit, file, entry.etag, fresh);
    await cache.writeRef(this.revision, commit);
    return path;
  }

  private guarded<T>(what: string, work: () => Promise<T>): Promise<T> {
    return asCacheErrors(`${this.id}/${what}`, this.cache.root, work);
  }

  private checkOpen(): void {
    if (this.stopper.signal.aborted) throw new DisposedError(`${this.id}@${this.revision}`);
  }
}
