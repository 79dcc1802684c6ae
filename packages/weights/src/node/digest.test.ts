import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gitOid, sha256 } from "../../test/hub-server.ts";
import {
  blobs,
  digest,
  faults,
  large,
  loader,
  mainFiles,
  ranges,
  rejection,
  toCdn,
  withHub,
} from "../../test/hub-support.ts";
import { openHub } from "./index.ts";

const load = loader(openHub);
const size = large.length;

describe("E29: digests", () => {
  const zeros = large.slice().fill(0, 200_000);
  const flipped = large.slice();
  flipped[123_456] = (flipped[123_456] ?? 0) ^ 1;
  const html = new TextEncoder().encode("<!doctype html><title>Sign in</title>".padEnd(size));

  test.each([
    ["a zero tail of the right size", zeros],
    ["one flipped bit", flipped],
    ["an HTML page", html],
    ["nothing", new Uint8Array()],
  ])("E29: %s in the cache is fetched once more", (_, bytes) =>
    withHub(async (f) => {
      expect(await load(f)).toBe(digest);
      await writeFile(f.blob, bytes);
      f.hub.seen.length = 0;
      expect(await load(f)).toBe(digest);
      expect(f.hub.downloads()).toHaveLength(1);
      expect(await blobs(f)).toEqual([digest]);
      expect(await load(f)).toBe(digest);
      expect(f.hub.downloads()).toHaveLength(1);
    }),
  );

  test("E29: offline, a damaged file is moved aside and named", () =>
    withHub(async (f) => {
      await load(f);
      await writeFile(f.blob, flipped);
      const error = await rejection(load(f, { offline: true }));
      expect(error.code).toBe("cache");
      expect(error.message).toContain("the file in the cache is damaged");
      expect(error.message).toContain(`It was moved to ${f.blob}.corrupt.`);
      expect(await blobs(f)).toEqual([`${digest}.corrupt`]);
      expect(await load(f)).toBe(digest);
      expect(await blobs(f)).toEqual([digest]);
    }));

  test("E29: small files are checked by their git object id", () =>
    withHub(async (f) => {
      const files = await openHub("org/name", f.options());
      await files.json("config.json");
      const text = new TextEncoder().encode(String(mainFiles["config.json"]));
      await writeFile(join(f.repo, "blobs", gitOid(text)), '{"model_type":"gif"}');
      expect(await files.json("config.json")).toEqual({ model_type: "git" });
    }));

  test.each([
    ["one flipped bit", flipped],
    ["a zero tail", zeros],
  ])("E29: a server that sends %s once, then twice", (_, body) =>
    withHub(async (f) => {
      faults(f, [{ body }]);
      expect(await load(f)).toBe(digest);
      expect(f.hub.downloads()).toHaveLength(2);
      await rm(f.cacheDir, { recursive: true });
      f.hub.fault = (request) => (toCdn(request) ? { body } : undefined);
      const error = await rejection(load(f));
      expect(error.code).toBe("download");
      expect(error.message).toContain(
        `org/name/large.bin: the server sent wrong bytes twice, expected digest ${digest}`,
      );
      expect(f.hub.downloads()).toHaveLength(4);
      expect(await blobs(f)).toEqual([`${digest}.corrupt`]);
      expect(await readdir(join(f.repo)).then((names) => names.includes("snapshots"))).toBe(false);
    }),
  );

  test("E29: a web page in place of the file is named, and nothing is stored", () =>
    withHub(async (f) => {
      faults(f, [{ headers: { "content-type": "text/html; charset=utf-8" }, body: html }]);
      const error = await rejection(load(f));
      expect(error).toMatchObject({
        code: "download",
        message: expect.stringContaining("sent a web page in place of"),
      });
      expect(await load(f)).toBe(digest);
    }));

  test("E29: a partial file with wrong bytes is found out", () =>
    withHub(async (f) => {
      await mkdir(join(f.repo, "blobs"), { recursive: true });
      await writeFile(`${f.blob}.glimpse.incomplete`, zeros.subarray(200_000));
      expect(await load(f)).toBe(digest);
      expect(ranges(f)).toEqual(["bytes=100000-", undefined]);
    }));

  test("E29: a large file is hashed when it is first used and when it changed, else not", () => {
    const megabytes = new Uint8Array(1_200_000).fill(7);
    const name = sha256(megabytes);
    return withHub(
      async (f) => {
        const files = await openHub("org/name", f.options());
        const open = async () => (await files.source("weights.bin"))?.dispose?.();
        await open();
        const blob = join(f.repo, "blobs", name);
        const note = join(f.repo, ".glimpse", name);
        const first = await readFile(note, "utf8");
        await open();
        expect(await readFile(note, "utf8")).toBe(first);
        // The same bytes at another time: looked at again, and noted again.
        await utimes(blob, 1, 1);
        await open();
        expect(await readFile(note, "utf8")).not.toBe(first);
        // Other bytes, dressed up with the old size and time: ctime tells.
        const { atime, mtime } = await stat(blob);
        await writeFile(blob, new Uint8Array(1_200_000));
        await utimes(blob, atime, mtime);
        f.hub.seen.length = 0;
        await open();
        expect(f.hub.downloads()).toHaveLength(1);
        expect(sha256(await readFile(blob))).toBe(name);
      },
      { revisions: { main: { "weights.bin": megabytes } } },
    );
  });
});
