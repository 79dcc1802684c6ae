// The Hub in a browser against a server with redirects to a second host, ranges, ETags and scripted faults, and the
// page's real storage.
import { GlimpseError } from "@glimpsejs/base";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { commands } from "vitest/browser";
import { openWeights } from "../hub/files.ts";
import { type OpenHubOptions, openHub } from "./hub.ts";
import { OpfsCache } from "./hub-cache.ts";
import { partBytes } from "./parts.ts";

const size = 300_000;
const files = { "config.json": '{"model_type":"git"}', "vocab.txt": "[PAD]\n", "large.bin": { noise: size } };
const huge = { "config.json": "{}", "huge.bin": { noise: 2 * partBytes + 1234, seed: 7 } };
let endpoint = "";
let cache = new OpfsCache();
let folder: FileSystemDirectoryHandle;

beforeEach(async () => {
  const root = await navigator.storage.getDirectory();
  for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
  folder = await root.getDirectoryHandle("test", { create: true });
  cache = new OpfsCache(folder);
  endpoint = await commands.hubStart(files);
});

afterEach(async () => {
  await commands.hubStop(endpoint);
});

function options(extra: OpenHubOptions = {}): OpenHubOptions {
  const network = { retries: 3, stallMs: 2000, sleep: async () => {}, ...extra.network };
  return { endpoint, cache, ...extra, network };
}

/** Loads a file; its bytes. */
async function load(file = "large.bin", extra?: OpenHubOptions): Promise<Uint8Array> {
  const opened = await openHub("org/name", options(extra));
  const source = await opened.source(file);
  await opened.dispose();
  if (source === undefined) throw new Error(`${file} is not there`);
  return source.read(0, source.size);
}

function noise(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

const equal = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);

async function refusal(promise: Promise<unknown>): Promise<GlimpseError> {
  const error = await promise.then(
    () => expect.fail("it was accepted"),
    (reason: unknown) => reason,
  );
  if (!GlimpseError.isInstance(error)) throw error;
  return error;
}

/** Requests for the bytes of large files: their Range headers. */
async function downloads(): Promise<(string | undefined)[]> {
  const seen = await commands.hubSeen(endpoint);
  return seen.filter(({ host, method }) => host === "cdn" && method === "GET").map(({ headers }) => headers.range);
}

describe("the cache", () => {
  test("downloads once, through the redirect, and reads ranges from the page's storage afterwards", async () => {
    const told: number[] = [];
    expect(equal(await load("large.bin", { onProgress: ({ loaded }) => told.push(loaded) }), noise(size))).toBe(true);
    expect(told[0]).toBe(0);
    expect(told.at(-1)).toBe(size);
    const opened = await openHub("org/name", options());
    const source = await opened.source("large.bin");
    expect(await source?.read(1000, 5)).toEqual(noise(size).subarray(1000, 1005));
    expect(await source?.read(size, 0)).toEqual(new Uint8Array());
    expect(await opened.json("config.json")).toEqual({ model_type: "git" });
    expect(await downloads()).toEqual([undefined]);
  });

  test("lists what is stored, and deletes one repository or all", async () => {
    await load();
    await load("config.json");
    const [config, large, ...more] = await cache.list();
    expect(more).toEqual([]);
    expect(config).toMatchObject({ id: "org/name", revisions: ["main"], file: "config.json", size: 20, stored: 20 });
    expect(large).toMatchObject({ file: "large.bin", size, stored: size });
    await cache.delete("org/other");
    expect(await cache.list()).toHaveLength(2);
    await cache.delete("org/name");
    expect(await cache.list()).toEqual([]);
    await load();
    await cache.delete();
    expect(await cache.list()).toEqual([]);
    expect(await downloads()).toEqual([undefined, undefined]);
  });

  test("a new commit is noticed; equal files are not fetched again", async () => {
    await load();
    await commands.hubFiles(endpoint, { ...files, "config.json": '{"model_type":"git","x":1}' });
    const opened = await openHub("org/name", options());
    expect(await opened.json("config.json")).toMatchObject({ x: 1 });
    await opened.source("large.bin");
    expect(await downloads()).toEqual([undefined]);
  });

  test("without the Hub, what is stored is used; what is not says why", async () => {
    await load();
    await load("config.json");
    await commands.hubFaults(endpoint, { host: "hub", faults: Array.from({ length: 99 }, () => ({ status: 503 })) });
    const opened = await openHub("org/name", options());
    expect(await opened.json("config.json")).toEqual({ model_type: "git" });
    expect(await opened.list()).toEqual(["config.json", "large.bin"]);
    const error = await refusal(openWeights(opened));
    expect(error).toMatchObject({ code: "missing-file" });
    expect(error.message).toContain("The Hub could not be asked");
    expect(await refusal(openHub("org/other", options()))).toMatchObject({ code: "download" });
  });

  test("a repository or file that is not there", async () => {
    expect(await refusal(openHub("org/other", options()))).toMatchObject({ code: "missing-file" });
    expect(await refusal(openHub("org/name", options({ revision: "v9" })))).toMatchObject({ code: "missing-file" });
    const opened = await openHub("org/name", options());
    expect(await opened.source("model.safetensors")).toBeUndefined();
    await opened.dispose();
    expect(await refusal(opened.source("config.json"))).toMatchObject({ code: "disposed" });
  });
});

describe("E27: broken connections", () => {
  test("cut again and again, the download goes on where it stopped", async () => {
    const cuts = [0, 1, 70_000, 100_000].map((cutAfter) => ({ cutAfter }));
    await commands.hubFaults(endpoint, { host: "cdn", faults: cuts });
    expect(equal(await load(), noise(size))).toBe(true);
    const ranges = await downloads();
    expect(ranges).toHaveLength(5);
    // How much of what arrived before a cut reaches the page is the browser's affair.
    expect(ranges.at(-1)).toMatch(/^bytes=[1-9]\d*-$/);
  });

  test("a load that was aborted goes on at the last whole part, in another visit too", async () => {
    await commands.hubFiles(endpoint, huge);
    const controller = new AbortController();
    const onProgress = ({ loaded }: { loaded: number }) => loaded > partBytes + 1000 && controller.abort();
    const aborted = await refusal(load("huge.bin", { signal: controller.signal, onProgress }));
    expect(aborted).toMatchObject({ code: "aborted" });
    expect((await cache.list()).find(({ file }) => file === "huge.bin")?.stored).toBe(partBytes);
    const again = new OpfsCache(folder);
    const bytes = await load("huge.bin", { cache: again });
    expect(equal(bytes, noise(2 * partBytes + 1234, 7))).toBe(true);
    expect((await downloads()).at(-1)).toBe(`bytes=${partBytes}-`);
  });

  test("a server that ignores ranges, one that is overloaded, one that is silent", async () => {
    await commands.hubFaults(endpoint, {
      host: "cdn",
      faults: [
        { cutAfter: 70_000 },
        { status: 503, headers: { "retry-after": "0" } },
        { stallAfter: 10 },
        { noRanges: true },
      ],
    });
    expect(equal(await load(), noise(size))).toBe(true);
  });

  test("one that stays broken is given up, and the next load works", async () => {
    await commands.hubFaults(endpoint, { host: "cdn", faults: Array.from({ length: 4 }, () => ({ status: 500 })) });
    const error = await refusal(load());
    expect(error).toMatchObject({ code: "download" });
    expect(error.message).toContain("org/name/large.bin: the download failed after 4 tries, got HTTP 500");
    expect(equal(await load(), noise(size))).toBe(true);
  });

  test("the token goes to the Hub and not to the host that it redirects to", async () => {
    await commands.hubStop(endpoint);
    endpoint = await commands.hubStart(files, { gated: true });
    const error = await refusal(load());
    expect(error.message).toContain('Set the option "token" to a token that may read it');
    expect(equal(await load("large.bin", { token: "hf_goodToken" }), noise(size))).toBe(true);
    const seen = await commands.hubSeen(endpoint);
    expect(seen.some(({ host, headers }) => host === "hub" && headers.authorization !== undefined)).toBe(true);
    expect(seen.some(({ host, headers }) => host === "cdn" && headers.authorization !== undefined)).toBe(false);
  });
});

describe("E28: storage that fails", () => {
  test("too little room is told before anything is downloaded", async () => {
    const { estimate } = navigator.storage;
    navigator.storage.estimate = async () => ({ quota: 400_000, usage: 200_000 });
    try {
      const error = await refusal(load());
      expect(error).toMatchObject({ code: "cache" });
      expect(error.message).toContain("expected 300000 bytes, got 200000 free of 400000");
      expect(await downloads()).toEqual([]);
      expect(equal(await load("large.bin", { cache: false }), noise(size))).toBe(true);
    } finally {
      navigator.storage.estimate = estimate;
    }
  });

  test("storage that is full in the middle, and the load after it", async () => {
    const { createWritable } = FileSystemFileHandle.prototype;
    FileSystemFileHandle.prototype.createWritable = () =>
      Promise.reject(new DOMException("full", "QuotaExceededError"));
    const error = await refusal(load()).finally(() => {
      FileSystemFileHandle.prototype.createWritable = createWritable;
    });
    expect(error).toMatchObject({ code: "cache" });
    expect(equal(await load(), noise(size))).toBe(true);
  });

  test("a cache that is deleted while a model reads from it", async () => {
    const source = await (await openHub("org/name", options())).source("large.bin");
    await cache.delete();
    const error = await refusal(source?.read(0, 10) ?? Promise.resolve());
    expect(error).toMatchObject({ code: "cache" });
    expect(error.message).toContain("it was deleted from the cache while it was open");
    expect(equal(await load(), noise(size))).toBe(true);
  });
});

describe("E29: wrong bytes", () => {
  test("from the server: fetched once more, and not kept", async () => {
    await commands.hubFaults(endpoint, { host: "cdn", faults: [{ body: "x".repeat(size) }] });
    expect(equal(await load(), noise(size))).toBe(true);
    await cache.delete();
    const wrong = { body: "x".repeat(size) };
    await commands.hubFaults(endpoint, { host: "cdn", faults: [wrong, wrong] });
    const error = await refusal(load());
    expect(error).toMatchObject({ code: "download" });
    expect(error.message).toContain("the server sent wrong bytes twice");
    expect((await cache.list()).filter(({ file }) => file === "large.bin")).toEqual([]);
    expect(equal(await load(), noise(size))).toBe(true);
  });

  test("a web page in place of the file", async () => {
    const page = { body: "<html>", headers: { "content-type": "text/html" } };
    await commands.hubFaults(endpoint, { host: "cdn", faults: [page] });
    expect((await refusal(load())).message).toContain("the server sent a web page in place of the file");
    expect(equal(await load(), noise(size))).toBe(true);
  });

  test.each(["one flipped bit", "a zero tail", "a part that is too short"])("in the cache: %s", async (damage) => {
    await load();
    const [blob] = await blobs();
    const part = await blob?.getFileHandle("000000");
    const bytes = noise(size);
    if (damage === "one flipped bit") bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    else bytes.fill(0, 200_000);
    const writable = await part?.createWritable();
    const content = damage === "a part that is too short" ? bytes.subarray(0, 200_000) : bytes;
    await writable?.write(Uint8Array.from(content));
    await writable?.close();
    expect(equal(await load(), noise(size))).toBe(true);
    expect(await downloads()).toHaveLength(2);
    expect(equal(await load(), noise(size))).toBe(true);
    expect(await downloads()).toHaveLength(2);
  });
});

/** The folders of all blobs. */
async function blobs(): Promise<FileSystemDirectoryHandle[]> {
  const found: FileSystemDirectoryHandle[] = [];
  for await (const handle of (await folder.getDirectoryHandle("blobs")).values()) {
    if (handle.kind === "directory") found.push(handle);
  }
  return found;
}

describe("E30: several tabs at once", () => {
  test("ten loads at once download once", async () => {
    const loads = await Promise.all(
      Array.from({ length: 10 }, () => load("large.bin", { cache: new OpfsCache(folder) })),
    );
    expect(loads.every((bytes) => equal(bytes, noise(size)))).toBe(true);
    expect(await downloads()).toEqual([undefined]);
  });

  test("without Web Locks each may download, and none is torn", async () => {
    const locks = Object.getOwnPropertyDescriptor(Navigator.prototype, "locks");
    Object.defineProperty(Navigator.prototype, "locks", { configurable: true, value: undefined });
    try {
      const loads = await Promise.all([load(), load(), load()]);
      expect(loads.every((bytes) => equal(bytes, noise(size)))).toBe(true);
    } finally {
      if (locks !== undefined) Object.defineProperty(Navigator.prototype, "locks", locks);
    }
    expect(equal(await load(), noise(size))).toBe(true);
  });

  test("an abort while another load holds the lock ends the waiting one only", async () => {
    await commands.hubFaults(endpoint, { host: "cdn", faults: [{ drip: 5000 }] });
    const first = load();
    const controller = new AbortController();
    const second = refusal(load("large.bin", { signal: controller.signal }));
    setTimeout(() => controller.abort(), 50);
    expect(await second).toMatchObject({ code: "aborted" });
    expect(equal(await first, noise(size))).toBe(true);
  });
});

test("E31: file names that lead elsewhere, and ids that are none", async () => {
  for (const id of ["../x", "a/b/c", "org/name.git", "org\\name"]) {
    expect(await refusal(openHub(id, options())), id).toMatchObject({ code: "invalid-argument" });
  }
  const opened = await openHub("org/name", options());
  for (const name of ["../x", "a/b", "a\\b", "nul"]) {
    expect(await refusal(opened.source(name)), name).toMatchObject({ code: "invalid-argument" });
  }
});

describe("without a cache", () => {
  const safetensors = { "model.safetensors": { copy: "packages/demo-model/models/captions/model.safetensors" } };

  test("weights come from the Hub by ranges, a tensor at a time, and nothing is kept", async () => {
    await commands.hubFiles(endpoint, safetensors);
    const opened = await openHub("org/name", options({ cache: false }));
    const weights = await openWeights(opened);
    await opened.dispose();
    const response = await fetch("/packages/demo-model/models/captions/model.safetensors");
    const whole = new Uint8Array(await response.arrayBuffer());
    const kept = await openHub("org/name", options());
    const local = await openWeights(kept);
    for (const name of weights.names.slice(-4)) {
      expect(equal((await weights.get(name)?.bytes()) ?? whole, (await local.get(name)?.bytes()) ?? whole), name).toBe(
        true,
      );
    }
    const ranges = await downloads();
    expect(ranges[0]).toBe("bytes=0-1048575");
    expect(ranges.length).toBeGreaterThan(2);
  });

  test("A12: a file that changes between two reads, and a server that stops to answer ranges", async () => {
    await commands.hubFiles(endpoint, safetensors);
    for (const fault of [{ etag: '"other"' }, { noRanges: true }]) {
      const opened = await openHub("org/name", options({ cache: false }));
      const source = await opened.source("model.safetensors");
      await commands.hubFaults(endpoint, { host: "cdn", faults: [fault] });
      const error = await refusal(source?.read(5_000_000, 100) ?? Promise.resolve());
      expect(error).toMatchObject({ code: "invalid-weights" });
      expect(error.message).toContain("the file changed while it was read");
      expect((await source?.read(5_000_000, 100))?.length).toBe(100);
    }
  });

  test("a page whose storage is refused reads without keeping", async () => {
    const refused = new OpfsCache();
    refused.unavailable = async () => "private window";
    expect(equal(await load("large.bin", { cache: refused }), noise(size))).toBe(true);
    expect(await refused.list()).toEqual([]);
  });
});
