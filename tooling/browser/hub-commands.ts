// A server like the Hub for tests in a browser: it runs beside Vitest, and pages steer it through these commands. What
// crosses over is JSON, so files are written as text or as a length of noise, and faults as a list.
import type { BrowserCommand } from "vitest/node";
import { type Fault, type HubServer, type SeenRequest, startHub } from "../../packages/weights/test/hub-server.ts";

/** A file of the repository: its text, or so many bytes that differ from place to place. */
export type FileSpec = string | { readonly noise: number; readonly seed?: number } | { readonly copy: string };

/** What goes wrong with the next answers to requests of one host whose path holds `path`. */
export interface FaultSpec {
  readonly host: "hub" | "cdn";
  readonly path?: string;
  readonly faults: readonly Fault[];
}

/** A request that the server saw. */
export type Seen = Pick<SeenRequest, "host" | "method" | "path" | "headers">;

declare module "vitest/browser" {
  interface BrowserCommands {
    /** Starts a server with the repository org/name; its address. Files of 10,000 bytes and more lie on a second host. */
    hubStart(files: Readonly<Record<string, FileSpec>>, extra?: { readonly gated?: boolean }): Promise<string>;
    /** Replaces the files of org/name. */
    hubFiles(endpoint: string, files: Readonly<Record<string, FileSpec>>): Promise<void>;
    /** Scripts faults; each answers one request. */
    hubFaults(endpoint: string, spec: FaultSpec): Promise<void>;
    /** Every request so far, oldest first. */
    hubSeen(endpoint: string): Promise<readonly Seen[]>;
    /** Stops the server. */
    hubStop(endpoint: string): Promise<void>;
  }
}

const servers = new Map<string, HubServer>();

const hubStart: BrowserCommand<[Readonly<Record<string, FileSpec>>, { readonly gated?: boolean }?]> = async (
  _,
  files,
  extra = {},
) => {
  const server = await startHub({ "org/name": { revisions: { main: await contents(files) }, ...extra } });
  servers.set(server.endpoint, server);
  return server.endpoint;
};

const hubFiles: BrowserCommand<[string, Readonly<Record<string, FileSpec>>]> = async (_, endpoint, files) => {
  of(endpoint).repos = { "org/name": { revisions: { main: await contents(files) } } };
};

const hubFaults: BrowserCommand<[string, FaultSpec]> = (_, endpoint, { host, path = "", faults }) => {
  const rest = [...faults];
  of(endpoint).fault = (request) => (request.host === host && request.path.includes(path) ? rest.shift() : undefined);
};

const hubSeen: BrowserCommand<[string]> = (_, endpoint) => of(endpoint).seen;

const hubStop: BrowserCommand<[string]> = async (_, endpoint) => {
  await of(endpoint).close();
  servers.delete(endpoint);
};

/** For `browser.commands` of the configuration. */
export const hubCommands = { hubStart, hubFiles, hubFaults, hubSeen, hubStop };

function of(endpoint: string): HubServer {
  const server = servers.get(endpoint);
  if (server === undefined) throw new Error(`no server at ${endpoint}`);
  return server;
}

async function contents(files: Readonly<Record<string, FileSpec>>): Promise<Record<string, Uint8Array | string>> {
  const { readFile } = await import("node:fs/promises");
  const entries = Object.entries(files).map(async ([name, spec]) => {
    if (typeof spec === "string") return [name, spec] as const;
    if ("copy" in spec) return [name, new Uint8Array(await readFile(spec.copy))] as const;
    return [name, noise(spec.noise, spec.seed)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function noise(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}
