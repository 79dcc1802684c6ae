import { chmod, open, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { gitOid, sha256 } from "../../test/hub-server.ts";
import { blobs, digest, large, loader, rejection, toCdn, withHub } from "../../test/hub-support.ts";
import { openHub } from "./index.ts";

const load = loader(openHub);

describe("E28: disk", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** The methods of all file handles. */
  async function fileHandles() {
    const handle = await open(process.execPath);
    await handle.close();
    return Object.getPrototypeOf(handle);
  }

  test.each(["ENOSPC", "EDQUOT"])("E28: %s is a typed error, leaves nothing behind, and the next call works", (code) =>
    withHub(async (f) => {
      const prototype = await fileHandles();
      const write = vi.spyOn(prototype, "write");
      write.mockRejectedValue(Object.assign(new Error(`${code}: no space left on device, write`), { code }));
      const error = await rejection(load(f));
      expect(error.code).toBe("cache");
      expect(error.message).toContain(
        `org/name/large.bin: there is no space left for it in the cache ${f.cacheDir}, got ${code}`,
      );
      expect(await blobs(f)).toEqual([]);
      write.mockRestore();
      expect(await load(f)).toBe(digest);
    }),
  );

  test("E28: a file larger than the free space is refused before it is downloaded", () =>
    withHub(async (f) => {
      const huge = [
        { type: "file", path: "large.bin", oid: gitOid(large), size: 1, lfs: { oid: digest, size: 2 ** 52 } },
      ];
      f.hub.fault = (r) => (r.path.includes("/tree/") ? { body: JSON.stringify(huge) } : undefined);
      const error = await rejection(load(f));
      expect(error.code).toBe("cache");
      expect(error.message).toContain(
        `there is too little space on the disk of the cache ${f.cacheDir}, expected ${2 ** 52}`,
      );
      expect(f.hub.downloads()).toEqual([]);
    }));

  test("E28: a failed write in the middle is a typed error, and what was written is used", () =>
    withHub(async (f) => {
      const prototype = await fileHandles();
      const sync = vi.spyOn(prototype, "sync");
      sync.mockRejectedValueOnce(Object.assign(new Error("EIO: i/o error, fsync"), { code: "EIO" }));
      const error = await rejection(load(f));
      expect(error).toMatchObject({
        code: "cache",
        message: expect.stringContaining("cannot be used for it, got EIO"),
      });
      f.hub.seen.length = 0;
      expect(await load(f)).toBe(digest);
      expect(f.hub.downloads()).toEqual([]);
    }));

  test.skipIf(process.platform === "win32")(
    "E28: a read-only cache is read, and what is not in it is a typed error",
    () =>
      withHub(async (f) => {
        await load(f);
        await rm(join(f.repo, "refs"), { recursive: true });
        await rm(join(f.repo, ".glimpse"), { recursive: true, force: true });
        await readOnly(f.cacheDir, async () => {
          expect(await load(f)).toBe(digest);
          const files = await openHub("org/name", f.options());
          const error = await rejection(files.json("config.json"));
          expect(error.code).toBe("cache");
          expect(error.message).toContain(
            `org/name/config.json: the cache ${f.cacheDir} cannot be used for it, got EACCES`,
          );
        });
      }),
  );

  test("E28: a cache folder that cannot be made is a typed error", () =>
    withHub(async (f) => {
      const file = join(f.cacheDir, "file");
      await writeFile(file, "");
      const error = await rejection(load(f, { cacheDir: join(file, "hub") }));
      expect(error.code).toBe("cache");
      expect(error.message).toContain("Set HF_HUB_CACHE to a folder that can be read and written.");
    }));

  test("E28: a cache that was deleted between two files, or during a download, is filled again", () =>
    withHub(async (f) => {
      const files = await openHub("org/name", f.options());
      const kept = await files.source("large.bin");
      await rm(f.cacheDir, { recursive: true });
      expect(await files.json("config.json")).toEqual({ model_type: "git" });
      expect(sha256((await kept?.read(0, large.length)) ?? new Uint8Array())).toBe(digest);
      await kept?.dispose?.();
      let deleted = 0;
      const onProgress = () => {
        if (deleted++ === 1) void rm(f.cacheDir, { recursive: true, force: true });
      };
      f.hub.fault = (request) => (toCdn(request) ? { drip: 30_000 } : undefined);
      expect(await load(f, { onProgress })).toBe(digest);
    }));
});

/** Runs `work` while nothing in `folder` can be written. Root may write anywhere, so it becomes somebody else. */
async function readOnly(folder: string, work: () => Promise<void>): Promise<void> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const folders = [folder, ...names.filter((n) => n.isDirectory()).map((n) => join(n.parentPath, n.name))];
  for (const each of folders) await chmod(each, 0o555);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
    for (const each of folders) await chmod(each, 0o755);
  }
}
