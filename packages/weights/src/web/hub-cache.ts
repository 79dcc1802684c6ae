// The cache of Hub files in the page's private storage (OPFS):
//   glimpse/blobs/<digest>/{000000, 000001, …, verified}   the bytes, and a note that their digest was right
//   glimpse/repos/<org>--<name>/<commit>.json              the files of a commit: { name: { size, etag } }
//   glimpse/repos/<org>--<name>/refs.json                  the commit of each revision when it was last asked for
// Finds, files and deletes; downloads nothing.
import { GlimpseError } from "@glimpsejs/base";
import type { HubEntry } from "../hub/api.ts";
import { Parts } from "./parts.ts";
import { ifThere, readText, removeEntry, writeFile } from "./storage.ts";

/** A file that is in the cache, whole or in part. */
export interface CachedFile {
  /** Hub id of its repository. */
  readonly id: string;
  /** Hash of the commit that it is of. */
  readonly commit: string;
  /** Revisions that were this commit when they were last asked for. */
  readonly revisions: readonly string[];
  /** Path in the repository. */
  readonly file: string;
  /** Bytes in all. */
  readonly size: number;
  /** Bytes that are stored. */
  readonly stored: number;
}

/** What a cache is to its user. */
export interface HubCache {
  /** Every file that is stored at least in part, by repository and name. */
  list(): Promise<readonly CachedFile[]>;
  /** Deletes one repository, or everything. Models that are loaded already stay usable, unless they still read. */
  delete(id?: string): Promise<void>;
}

/** The listing of a commit. */
export type Listing = ReadonlyMap<string, HubEntry>;

/** The cache in `root`, by default the folder "glimpse" of the page's storage. Opens nothing before it is used. */
export class OpfsCache implements HubCache {
  private readonly open: () => Promise<FileSystemDirectoryHandle>;

  /** `root` is the folder to keep files in, in the place of the default one. */
  constructor(root?: FileSystemDirectoryHandle) {
    this.open = async () =>
      root ?? (await navigator.storage.getDirectory()).getDirectoryHandle("glimpse", { create: true });
  }

  /** Why this page cannot keep files, undefined if it can. */
  async unavailable(): Promise<string | undefined> {
    if (globalThis.navigator?.storage?.getDirectory === undefined) {
      return "this page is not secure (https or localhost), or the browser is too old to keep files for it";
    }
    try {
      await this.open();
      return undefined;
    } catch (error) {
      return `the browser keeps no files for this page: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  async list(): Promise<readonly CachedFile[]> {
    const files: CachedFile[] = [];
    for (const [id, folder] of await this.repos()) {
      const refs = await readRefs(folder);
      for (const [commit, listing] of await commits(folder)) {
        const revisions = Object.keys(refs).filter((revision) => refs[revision] === commit);
        for (const [file, entry] of listing) {
          const stored = await this.storedBytes(entry);
          if (stored > 0) files.push({ id, commit, revisions, file, size: entry.size, stored });
        }
      }
    }
    return files.sort((a, b) => (a.id === b.id ? (a.file < b.file ? -1 : 1) : a.id < b.id ? -1 : 1));
  }

  async delete(id?: string): Promise<void> {
    const root = await this.open();
    if (id === undefined) {
      for (const name of ["repos", "blobs"]) await removeEntry(root, name);
      return;
    }
    const repos = await ifThere(root.getDirectoryHandle("repos"));
    if (repos !== undefined) await removeEntry(repos, folderName(id));
    // Blobs that no other repository has.
    const used = new Set<string>();
    for (const [, folder] of await this.repos()) {
      for (const [, listing] of await commits(folder)) for (const { etag } of listing.values()) used.add(etag);
    }
    const blobs = await ifThere(root.getDirectoryHandle("blobs"));
    for (const etag of blobs === undefined ? [] : await namesIn(blobs)) {
      if (blobs !== undefined && !used.has(etag)) await removeEntry(blobs, etag);
    }
  }

  /** The commit that `revision` was when it was last asked for. */
  async readRef(id: string, revision: string): Promise<string | undefined> {
    const folder = await this.repo(id, false);
    const commit = folder && (await readRefs(folder))[revision];
    return typeof commit === "string" && /^[0-9a-f]{40}$/.test(commit) ? commit : undefined;
  }

  /** Remembers what `revision` is now, and what is in that commit. */
  async remember(id: string, revision: string, commit: string, listing: Listing): Promise<void> {
    const folder = await this.repo(id, true);
    if (folder === undefined) return;
    await writeFile(folder, `${commit}.json`, JSON.stringify(Object.fromEntries(listing)));
    await writeFile(folder, "refs.json", JSON.stringify({ ...(await readRefs(folder)), [revision]: commit }));
  }

  /** The files of a commit, undefined if it was never loaded. */
  async listing(id: string, commit: string): Promise<Listing | undefined> {
    const folder = await this.repo(id, false);
    return folder && readListing(folder, `${commit}.json`);
  }

  /** The folder of a blob's parts. */
  async blob(etag: string): Promise<FileSystemDirectoryHandle> {
    const blobs = await (await this.open()).getDirectoryHandle("blobs", { create: true });
    return blobs.getDirectoryHandle(etag, { create: true });
  }

  private async storedBytes({ etag, size }: HubEntry): Promise<number> {
    const blobs = await ifThere((await this.open()).getDirectoryHandle("blobs"));
    const folder = blobs && (await ifThere(blobs.getDirectoryHandle(etag)));
    if (folder === undefined) return 0;
    const parts = await new Parts(folder, size, etag).stored();
    return parts.reduce((sum, { file }) => sum + file.size, 0);
  }

  private async repos(): Promise<readonly (readonly [string, FileSystemDirectoryHandle])[]> {
    const repos = await ifThere((await this.open()).getDirectoryHandle("repos"));
    const names = repos === undefined ? [] : await namesIn(repos);
    const folders = await Promise.all(names.map((name) => ifThere(repos?.getDirectoryHandle(name) ?? notThere())));
    return names.flatMap((name, i) => {
      const folder = folders[i];
      return folder === undefined ? [] : [[name.replace("--", "/"), folder] as const];
    });
  }

  private async repo(id: string, create: boolean): Promise<FileSystemDirectoryHandle | undefined> {
    const folder = async () =>
      (await (await this.open()).getDirectoryHandle("repos", { create })).getDirectoryHandle(folderName(id), {
        create,
      });
    return create ? folder() : ifThere(folder());
  }
}

/** Ids have no "--" of their own. */
function folderName(id: string): string {
  return id.replace("/", "--");
}

async function namesIn(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  return names;
}

async function commits(folder: FileSystemDirectoryHandle): Promise<readonly (readonly [string, Listing])[]> {
  const found: (readonly [string, Listing])[] = [];
  for (const name of await namesIn(folder)) {
    const commit = /^([0-9a-f]{40})\.json$/.exec(name)?.[1];
    const listing = commit && (await readListing(folder, name));
    if (commit && listing) found.push([commit, listing]);
  }
  return found;
}

async function readRefs(folder: FileSystemDirectoryHandle): Promise<Record<string, unknown>> {
  const refs = parsed(await readText(folder, "refs.json"));
  return typeof refs === "object" && refs !== null ? { ...refs } : {};
}

/** Undefined for a listing that is not there or not whole. */
async function readListing(folder: FileSystemDirectoryHandle, name: string): Promise<Listing | undefined> {
  const value = parsed(await readText(folder, name));
  if (typeof value !== "object" || value === null) return undefined;
  const listing = new Map<string, HubEntry>();
  for (const [file, entry] of Object.entries<Partial<HubEntry> | null>(value as Record<string, null>)) {
    if (!Number.isSafeInteger(entry?.size) || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(entry?.etag ?? ""))
      return undefined;
    listing.set(file, { size: entry?.size ?? 0, etag: entry?.etag ?? "" });
  }
  return listing;
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notThere(): Promise<never> {
  return Promise.reject(new DOMException("not there", "NotFoundError"));
}

/** Runs `work`; what the storage refuses in it is a "cache" error. */
export async function asCacheErrors<T>(subject: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof DOMException)) throw cause;
    throw new GlimpseError(
      {
        subject,
        problem: "the browser's storage for this page failed",
        got: cause.message,
        advice: "Try again, or load with cache: false, which keeps nothing.",
      },
      { code: "cache", cause },
    );
  }
}
