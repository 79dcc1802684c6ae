// The folder of one repository in the cache that all Hugging Face tools share:
//   models--org--name/{blobs/<digest>, refs/<revision>, snapshots/<commit>/<file> -> ../../blobs/<digest>}
// Finds and files what is there; downloads nothing and checks no digests. Links that lead out of the cache are refused.
// Notes of our own go to models--org--name/.glimpse and .locks, which the other tools skip.
// Reference: huggingface_hub 1.33 (Python), file_download.py.
import { randomUUID } from "node:crypto";
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { GlimpseError } from "@glimpsejs/base";
import { errnoOf, unlessMissing } from "./errno.ts";
import type { HubSettings } from "./hub-settings.ts";

/** A file of a snapshot. */
export interface CachedFile {
  /** Its path in the snapshot. */
  readonly path: string;
  /** Name of the blob that it links to; undefined where it is a file of its own. */
  readonly etag: string | undefined;
}

/** The folder of one repository. Makes no folders before something is stored. */
export class RepoCache {
  /** Folder of the whole cache. */
  readonly root: string;
  private readonly folderName: string;
  private readonly folder: string;
  private readonly symlinks: boolean;

  constructor(settings: HubSettings, id: string) {
    this.root = settings.cacheDir;
    this.folderName = `models--${id.replaceAll("/", "--")}`;
    this.folder = join(this.root, this.folderName);
    this.symlinks = settings.symlinks;
  }

  /** Where the blob of that name lies, or will lie. */
  blob(etag: string): string {
    return join(this.folder, "blobs", etag);
  }

  /** The note that the blob was found to be intact. */
  note(etag: string): string {
    return join(this.folder, ".glimpse", etag);
  }

  /** The lock on downloading the blob. Not the one of Python, which needs flock. */
  lock(etag: string): string {
    return join(this.root, ".locks", this.folderName, `${etag}.glimpse.lock`);
  }

  /** Folder of a commit's files. */
  snapshot(commit: string): string {
    return join(this.folder, "snapshots", commit);
  }

  /** File that holds the commit of a revision. */
  ref(revision: string): string {
    return join(this.folder, "refs", ...revision.split("/"));
  }

  /** The commit that `revision` was when it was last fetched. */
  async readRef(revision: string): Promise<string | undefined> {
    const path = this.ref(revision);
    const real = await this.realInside(path);
    // On file systems that ignore case, "Main" would find "main".
    if (real === undefined || basename(real) !== basename(path)) return undefined;
    const commit = await unlessMissing(readFile(real, "utf8"));
    return commit !== undefined && /^[0-9a-f]{40}$/.test(commit.trim()) ? commit.trim() : undefined;
  }

  /** Remembers what `revision` is now, unless that is known. */
  async writeRef(revision: string, commit: string): Promise<void> {
    if (revision === commit || (await this.readRef(revision)) === commit) return;
    const path = this.ref(revision);
    await this.ensureFolder(dirname(path));
    await replace(path, (temporary) => writeFile(temporary, commit));
  }

  /** A file of a commit, if it and its blob are there. Throws "cache" if a link leads out of the cache. */
  async find(commit: string, file: string): Promise<CachedFile | undefined> {
    const path = join(this.snapshot(commit), file);
    if ((await this.realInside(path)) === undefined) return undefined;
    return { path, etag: await linkTarget(path) };
  }

  /** Names of the files of a commit that are there. */
  async list(commit: string): Promise<readonly string[]> {
    return ((await unlessMissing(readdir(this.snapshot(commit)))) ?? []).sort();
  }

  /**
   * Makes `file` of a commit be the blob, and returns its path. Where links cannot be made, a `fresh` blob is moved there, as Python does,
   * and an older one, which other snapshots may link to, is copied.
   */
  async place(commit: string, file: string, etag: string, fresh: boolean): Promise<string> {
    const path = join(this.snapshot(commit), file);
    await this.ensureFolder(dirname(path));
    if (this.symlinks && (await placeLink(path, this.blob(etag)))) return path;
    if (fresh) await rename(this.blob(etag), path);
    else await replace(path, (temporary) => copyFile(this.blob(etag), temporary));
    return path;
  }

  /** Makes a folder of the cache. Throws "cache" if a link on the way leads elsewhere. */
  async ensureFolder(path: string): Promise<void> {
    await mkdir(path, { recursive: true });
    await this.realInside(path);
  }

  /** The real path behind `path`, undefined if it or the target of a link does not exist. */
  private async realInside(path: string): Promise<string | undefined> {
    const [root, real] = await Promise.all([unlessMissing(realpath(this.root)), unlessMissing(realpath(path))]);
    if (root === undefined || real === undefined) return undefined;
    if (real.startsWith(root.endsWith(sep) ? root : root + sep)) return real;
    throw new GlimpseError(
      {
        subject: path,
        problem: "a link leads out of the cache",
        expected: `a target inside ${root}`,
        got: real,
        advice: "Delete the link. To keep models on another disk, set HF_HUB_CACHE to a folder there.",
      },
      { code: "cache" },
    );
  }
}

/** Links `path` to `blob`. False where the platform or file system refuses links. */
async function placeLink(path: string, blob: string): Promise<boolean> {
  try {
    await replace(path, (temporary) => symlink(relative(dirname(path), blob), temporary));
    return true;
  } catch (error) {
    if (["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "UNKNOWN"].includes(errnoOf(error) ?? "")) return false;
    throw error;
  }
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return basename(await readlink(path));
  } catch (error) {
    if (errnoOf(error) === "EINVAL" || errnoOf(error) === "UNKNOWN") return undefined;
    throw error;
  }
}

/** Puts a new file at `path` in one step, so that no reader ever sees half of it. */
async function replace(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await make(temporary);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
