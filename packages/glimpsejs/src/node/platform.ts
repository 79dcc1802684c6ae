// Node as a platform: folders, the Hub's disk cache, sharp, the fastest backend that is installed.
import { stat } from "node:fs/promises";
import os from "node:os";
import { fileURLToPath } from "node:url";
import { GlimpseError, show } from "@glimpsejs/base";
import type { OpenOptions, Platform } from "@glimpsejs/core";
import { demoCheckpoint, demoCheckpoints } from "@glimpsejs/demo-model";
import { loadPicture } from "@glimpsejs/processor/node";
import type { CheckpointFiles } from "@glimpsejs/weights";
import { openFolder, openHub } from "@glimpsejs/weights/node";
import { defaultBackend } from "./default-backend.ts";
import { folderSink } from "./folder-sink.ts";
import { preparedStore } from "./prepared-store.ts";

/** What a Node platform is made with; the defaults are what load() uses. */
export interface NodePlatformOptions {
  /** Environment variables: HF_HOME, HF_TOKEN, HF_HUB_OFFLINE, HF_ENDPOINT, GLIMPSE_CACHE. Default process.env. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Used for the Hub. Default the global one. */
  readonly fetch?: typeof globalThis.fetch;
  /** Told once if only the slow backend is installed. Default console.warn. */
  readonly warn?: (message: string) => void;
}

/** Node as a platform. Makes no files and opens nothing until it is asked. */
export function nodePlatform(options: NodePlatformOptions = {}): Platform {
  const { env = process.env, warn = console.warn } = options;
  return {
    open: (source, open) => openCheckpoint(source, open, { env, fetch: options.fetch }),
    sink: folderSink,
    backend: () => defaultBackend(warn),
    picture: loadPicture,
    availableMemory: () => process.availableMemory?.() ?? os.freemem(),
    prepared: preparedStore(env),
  };
}

/** A demo checkpoint by its name or by none, else a folder if there is one of that name, else a Hub repository. */
async function openCheckpoint(
  source: string | undefined,
  { revision, signal, onProgress }: OpenOptions,
  {
    env,
    fetch,
  }: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly fetch: typeof globalThis.fetch | undefined;
  },
): Promise<CheckpointFiles> {
  const demo = demoCheckpoint(source);
  if (source === undefined || demo !== undefined) return openDemo(fileURLToPath(demo ?? demoCheckpoints.captions));
  if (await isFolder(source)) return openFolder(source);
  if (!/^(?!\.)[\w.-]+\/[\w.-]+$/.test(source)) {
    throw new GlimpseError(
      {
        subject: `checkpoint ${show(source)}`,
        problem: "there is no such folder, and it is no Hub id",
        expected: 'a folder, an id such as "microsoft/git-base-coco", "demo:captions" or "demo:clips"',
      },
      { code: "missing-file" },
    );
  }
  return openHub(source, {
    env,
    ...(revision !== undefined && { revision }),
    ...(fetch !== undefined && { fetch }),
    ...(signal !== undefined && { signal }),
    ...(onProgress !== undefined && {
      onProgress: (p) => onProgress({ phase: "download", file: p.file, loaded: p.loaded, total: p.total }),
    }),
  });
}

async function openDemo(folder: string): Promise<CheckpointFiles> {
  if (await isFolder(folder)) return openFolder(folder);
  throw new GlimpseError(
    {
      subject: "demo checkpoint",
      problem: "its files are not there",
      expected: folder,
      advice: "A bundler leaves them behind: keep glimpsejs out of the bundle, or name a checkpoint.",
    },
    { code: "missing-file" },
  );
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
