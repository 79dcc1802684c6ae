// What tests of the Hub share: a server with a small repository, an empty cache folder, and a clock that does not wait.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GlimpseError } from "@glimpsejs/base";
import { expect } from "vitest";
import type { OpenHubOptions, openHub } from "../src/node/hub.ts";
import {
  commitOf,
  type Fault,
  type HubRepo,
  type HubServer,
  type RevisionFiles,
  type SeenRequest,
  sha256,
  startHub,
} from "./hub-server.ts";
import { fileWith } from "./support.ts";

/** Bytes that differ from place to place, so that a piece in the wrong place is noticed. */
export function noise(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

/** The large file of {@link mainFiles}: 300,000 bytes, an LFS object. */
export const large = noise(300_000);

/** Its SHA-256, which is also the name of its blob. */
export const digest = sha256(large);

/** The files of org/name on main. */
export const mainFiles: RevisionFiles = {
  "config.json": '{"model_type":"git"}',
  "vocab.txt": "[PAD]\n",
  "model.safetensors": fileWith({}),
  "large.bin": large,
};

/** The commit of {@link mainFiles}. */
export const mainCommit = commitOf(mainFiles);

/** A server and a cache of its own. */
export interface HubFixture {
  readonly hub: HubServer;
  readonly cacheDir: string;
  /** Milliseconds that were slept. */
  readonly slept: number[];
  /** Folder of org/name in the cache. */
  readonly repo: string;
  /** The blob of large.bin in the cache. */
  readonly blob: string;
  /** Options for openHub: this server and cache, no other environment, no waiting. */
  options(extra?: OpenHubOptions): OpenHubOptions;
}

/** The GlimpseError, of any code, that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<GlimpseError> {
  const error = await promise.then(
    () => expect.fail("it was accepted"),
    (reason: unknown) => reason,
  );
  if (!GlimpseError.isInstance(error)) throw error;
  return error;
}

/** A function that loads large.bin and gives the digest of what it got. `open` is openHub of what is tested. */
export function loader(open: typeof openHub) {
  return async ({ options }: HubFixture, extra: OpenHubOptions = {}): Promise<string> => {
    const files = await open("org/name", options(extra));
    return sha256((await files.bytes("large.bin", 1e6)) ?? new Uint8Array());
  };
}

/** Names in the folder of blobs. */
export async function blobs({ repo }: HubFixture): Promise<string[]> {
  return (await readdir(join(repo, "blobs"))).sort();
}

/** True for requests to the host of large files. */
export function toCdn(request: SeenRequest): boolean {
  return request.host === "cdn";
}

/** The Range headers of the requests to the host of large files. */
export function ranges({ hub }: HubFixture): (string | undefined)[] {
  return hub.seen.filter(toCdn).map((request) => request.headers.range);
}

/** Faults for the first requests to the host of large files, one each; later ones are answered well. */
export function faults({ hub }: HubFixture, list: readonly Fault[]): void {
  const rest = [...list];
  hub.fault = (request) => (toCdn(request) ? rest.shift() : undefined);
}

/** Runs `test` with a server that has org/name with main, and an empty cache folder; removes both. */
export async function withHub(test: (fixture: HubFixture) => Promise<void>, repo?: Partial<HubRepo>): Promise<void> {
  const hub = await startHub({ "org/name": { revisions: { main: mainFiles }, ...repo } });
  const cacheDir = await mkdtemp(join(tmpdir(), "glimpse-hub-"));
  const slept: number[] = [];
  const network = {
    retries: 3,
    stallMs: 5000,
    sleep: async (ms: number) => {
      slept.push(ms);
    },
  };
  try {
    await test({
      hub,
      cacheDir,
      slept,
      repo: join(cacheDir, "models--org--name"),
      blob: join(cacheDir, "models--org--name/blobs", digest),
      options: (extra) => ({
        endpoint: hub.endpoint,
        cacheDir,
        env: { HF_HOME: cacheDir },
        ...extra,
        network: { ...network, ...extra?.network },
      }),
    });
  } finally {
    await hub.close();
    await rm(cacheDir, { recursive: true, force: true });
  }
}
