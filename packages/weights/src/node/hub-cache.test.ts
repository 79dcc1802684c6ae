import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { digest, large, loader, mainCommit, rejection, withHub } from "../../test/hub-support.ts";
import { openHub } from "./index.ts";

const load = loader(openHub);

describe("E31: names and links", () => {
  test.each(["Large.bin", "LARGE.BIN"])("E31: large.bin beside %s is refused", (twin) =>
    withHub(
      async (f) => {
        const error = await rejection(load(f));
        expect(error.code).toBe("cache");
        expect(error.message).toContain(`cannot tell from it, got "${twin}"`);
      },
      { revisions: { main: { "large.bin": large, [twin]: "x" } } },
    ),
  );

  test("E31: hostile names in a list are not even looked at", () =>
    withHub(
      async (f) => {
        expect(await load(f)).toBe(digest);
        expect(await readdir(join(f.repo, "snapshots", (await readdir(join(f.repo, "snapshots")))[0] ?? ""))).toEqual([
          "large.bin",
        ]);
      },
      { revisions: { main: { "../../evil": "x", "/etc/evil": "x", "a\\b": "x", nul: "x", "large.bin": large } } },
    ));

  test("E31: links in the cache that point out of it are refused, for reading and for writing", () =>
    withHub(async (f) => {
      const outside = await mkdtemp(join(tmpdir(), "glimpse-outside-"));
      const refused = async (what: string) => {
        const error = await rejection(load(f, { revision: mainCommit }));
        expect(error, what).toMatchObject({
          code: "cache",
          message: expect.stringContaining("a link leads out of the cache"),
        });
        expect(await readdir(outside), what).toEqual(["secret"]);
        await rm(f.repo, { recursive: true });
      };
      try {
        await writeFile(join(outside, "secret"), large);
        const snapshot = join(f.repo, "snapshots", mainCommit);
        await mkdir(snapshot, { recursive: true });
        await symlink(join(outside, "secret"), join(snapshot, "large.bin"));
        await refused("snapshot to file");
        await mkdir(join(f.repo, "snapshots"), { recursive: true });
        await symlink(outside, snapshot);
        await refused("folder of a commit");
        await mkdir(f.repo, { recursive: true });
        await symlink(outside, join(f.repo, "blobs"));
        await refused("blobs");
        await mkdir(join(f.repo, "refs"), { recursive: true });
        await symlink(join(outside, "secret"), join(f.repo, "refs/main"));
        expect(await rejection(load(f))).toMatchObject({ code: "cache" });
      } finally {
        await rm(outside, { recursive: true });
      }
    }));

  test("E31: a partial file that is a link is not written through", () =>
    withHub(async (f) => {
      const target = join(f.cacheDir, "target");
      await mkdir(join(f.repo, "blobs"), { recursive: true });
      await writeFile(target, "mine");
      await symlink(target, `${f.blob}.glimpse.incomplete`);
      expect(await rejection(load(f))).toMatchObject({ code: "cache" });
      expect(await readFile(target, "utf8")).toBe("mine");
    }));

  test("links of Python's shared store, inside the cache, are followed, and the name of the link is the digest", () =>
    withHub(async (f) => {
      await load(f);
      const store = join(f.cacheDir, "blobs/ab");
      await mkdir(store, { recursive: true });
      await link(f.blob, join(store, "ab".repeat(32)));
      await rm(f.blob);
      await symlink(join("../../blobs/ab", "ab".repeat(32)), f.blob);
      f.hub.seen.length = 0;
      expect(await load(f)).toBe(digest);
      expect(f.hub.downloads()).toEqual([]);
    }));
});
