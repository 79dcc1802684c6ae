import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Fault, gitOid, goodToken, type SeenRequest, sha256 } from "../../test/hub-server.ts";
import { type HubFixture, large, mainCommit, mainFiles, rejection, withHub } from "../../test/hub-support.ts";
import { openHub } from "./index.ts";

const size = large.length;
const digest = sha256(large);
const toCdn = (request: SeenRequest) => request.host === "cdn";
const repoOf = ({ cacheDir }: HubFixture) => join(cacheDir, "models--org--name");
const blobOf = (fixture: HubFixture) => join(repoOf(fixture), "blobs", digest);

/** Loads large.bin and gives the digest of what was loaded. */
async function load({ options }: HubFixture, extra: Parameters<HubFixture["options"]>[0] = {}): Promise<string> {
  const files = await openHub("org/name", options(extra));
  return sha256((await files.bytes("large.bin", 1e6)) ?? new Uint8Array());
}

/** Faults for the first requests to the second host, one each; later ones are answered well. */
function faults(fixture: HubFixture, list: readonly Fault[]): void {
  const rest = [...list];
  fixture.hub.fault = (request) => (toCdn(request) ? rest.shift() : undefined);
}

/** Names in the blobs folder. */
async function blobs(fixture: HubFixture): Promise<string[]> {
  return (await readdir(join(repoOf(fixture), "blobs"))).sort();
}

function ranges({ hub }: HubFixture): (string | undefined)[] {
  return hub.seen.filter(toCdn).map((request) => request.headers.range);
}

describe("E27: connections", () => {
  test("E27: cut at every chunk, resumed with Range and If-Range", () =>
    withHub(async (f) => {
      f.hub.fault = (request) => (toCdn(request) ? { cutAfter: 20_000 } : undefined);
      expect(await load(f)).toBe(digest);
      const requests = f.hub.seen.filter(toCdn);
      expect(requests.length).toBeGreaterThanOrEqual(15);
      for (const { headers } of requests.slice(1)) {
        expect(headers).toMatchObject({ range: expect.stringMatching(/^bytes=\d+-$/), "if-range": `"${digest}"` });
      }
      expect(await blobs(f)).toEqual([digest]);
    }));

  test("E27: a download that was broken off goes on in the next call", () =>
    withHub(async (f) => {
      f.hub.fault = (request) =>
        toCdn(request) ? (request.headers.range ? { status: 500 } : { cutAfter: 100_000 }) : undefined;
      const error = await rejection(load(f));
      expect(error.code).toBe("download");
      expect(error.message).toContain("org/name/large.bin: the download failed after 4 tries, got HTTP 500.");
      const kept = /(\d+) of 300000 bytes are kept, and the next try continues there/.exec(error.message)?.[1];
      expect(Number(kept)).toBeGreaterThan(0);
      f.hub.fault = () => undefined;
      f.hub.seen.length = 0;
      expect(await load(f)).toBe(digest);
      expect(ranges(f)).toEqual([`bytes=${kept}-`]);
    }));

  test("E27: a server without ranges starts over, and one that always cuts is given up", () =>
    withHub(async (f) => {
      faults(f, [{ cutAfter: 100_000 }, { noRanges: true }]);
      expect(await load(f)).toBe(digest);
      await rm(f.cacheDir, { recursive: true });
      f.hub.fault = (request) => (toCdn(request) ? { noRanges: true, cutAfter: 100_000 } : undefined);
      f.hub.seen.length = 0;
      expect((await rejection(load(f))).code).toBe("download");
      expect(f.hub.seen.filter(toCdn).length).toBeLessThan(20);
    }));

  test("E27, A12: an ETag that changes in the middle starts over", () =>
    withHub(async (f) => {
      // The server ignores If-Range in the second try, and honours it in the others.
      faults(f, [{ cutAfter: 100_000 }, { etag: '"other"', headers: { etag: '"other"' }, cutAfter: 50_000 }]);
      expect(await load(f)).toBe(digest);
      await rm(f.cacheDir, { recursive: true });
      const wrong = {
        status: 206,
        body: large.subarray(0, 1000),
        headers: { etag: '"other"', "content-range": `bytes 100000-${size - 1}/${size}` },
      };
      faults(f, [{ cutAfter: 100_000 }, wrong]);
      expect(await load(f)).toBe(digest);
    }));

  test.each([
    ["another start", "bytes 5-9/300000"],
    ["another size", "bytes 100000-299999/300001"],
    ["nonsense", "items 1-2"],
  ])("E27, A12: a range with %s is not written into the file", (_, range) =>
    withHub(async (f) => {
      faults(f, [{ cutAfter: 100_000 }, { status: 206, headers: { "content-range": range }, body: "wrong" }]);
      expect(await load(f)).toBe(digest);
      expect(ranges(f)).toEqual([undefined, expect.stringMatching(/^bytes=\d+-$/), undefined]);
    }),
  );

  test("E27: 416 for a part that is too long starts over", () =>
    withHub(async (f) => {
      faults(f, [{ cutAfter: 100_000 }, { status: 416, body: "" }]);
      expect(await load(f)).toBe(digest);
      await rm(f.cacheDir, { recursive: true });
      await mkdir(join(repoOf(f), "blobs"), { recursive: true });
      await writeFile(`${blobOf(f)}.glimpse.incomplete`, new Uint8Array(size + 1));
      expect(await load(f)).toBe(digest);
    }));

  test("E27: 429 and 503 wait as Retry-After says, within bounds", () =>
    withHub(async (f) => {
      const date = new Date(Date.now() + 60_000).toUTCString();
      faults(f, [
        { status: 429, headers: { "retry-after": "7" } },
        { status: 503, headers: { "retry-after": date } },
        { status: 503 },
      ]);
      expect(await load(f)).toBe(digest);
      expect(f.slept).toEqual([7000, expect.any(Number), 2000]);
      expect(Math.abs((f.slept[1] ?? 0) - 59_000)).toBeLessThan(2000);
      await rm(f.cacheDir, { recursive: true });
      faults(f, [{ status: 429, headers: { "retry-after": "3600" } }]);
      const error = await rejection(load(f));
      expect(error.code).toBe("download");
      expect(error.message).toContain("answers 429 and asks to wait, expected at most 120 s, got 3600 s.");
      f.hub.fault = () => ({ status: 429, headers: { "retry-after": "1" } });
      await rm(f.cacheDir, { recursive: true });
      expect((await rejection(load(f))).message).toContain(
        "org/name@main: the download failed after 3 tries, got HTTP 429",
      );
    }));

  test("E27: redirects that do not end, or lead nowhere", () =>
    withHub(async (f) => {
      f.hub.fault = (request) =>
        request.path.includes("/resolve/") ? { status: 302, headers: { location: request.path } } : undefined;
      const error = await rejection(load(f));
      expect(error.code).toBe("download");
      expect(error.message).toContain("org/name/large.bin: the redirects do not end, expected at most 10");
      expect(f.hub.seen.filter((request) => request.path.includes("/resolve/"))).toHaveLength(11);
      for (const location of ["file:///etc/passwd", "http://", "data:,x"]) {
        f.hub.fault = (r) => (r.path.includes("/resolve/") ? { status: 302, headers: { location } } : undefined);
        expect((await rejection(load(f))).message, location).toContain("a redirect leads to no safe address");
      }
    }));

  test("E27: the token goes to the Hub and to no other host, not even through pages of a list", () =>
    withHub(async (f) => {
      const cdn = await secondHost(f);
      f.hub.fault = (request) =>
        request.path.includes("/tree/")
          ? { headers: { link: `<${cdn}/next>; rel="next"` }, body: treeWithLarge }
          : toCdn(request) && request.path === "/next"
            ? { status: 200, body: "[]" }
            : undefined;
      f.hub.seen.length = 0;
      expect(await load(f, { token: goodToken })).toBe(digest);
      const sent = (host: string) => f.hub.seen.filter((r) => r.host === host).map((r) => r.headers.authorization);
      expect(new Set(sent("hub"))).toEqual(new Set([`Bearer ${goodToken}`]));
      expect(sent("cdn")).toEqual([undefined, undefined]);
    }));

  test("E27: silent and dripping connections are cut, and given up in the end", () =>
    withHub(async (f) => {
      const network = { stallMs: 150 };
      faults(f, [{ stallAfter: 100_000 }, { stallAfter: 0 }]);
      expect(await load(f, { network })).toBe(digest);
      expect(ranges(f)).toEqual([
        undefined,
        expect.stringMatching(/^bytes=\d+-$/),
        expect.stringMatching(/^bytes=\d+-$/),
      ]);
      await rm(f.cacheDir, { recursive: true });
      f.hub.fault = (request) => (toCdn(request) ? { drip: 10 } : undefined);
      const error = await rejection(load(f, { network }));
      expect(error.code).toBe("download");
      expect(error.message).toContain("got too little arrived in 150 ms");
    }));

  test.each([
    ["too short", { headers: { "content-length": "100000" }, body: large.subarray(0, 100_000) }],
    ["too long", { headers: { "content-length": String(size + 5) } }],
    ["absent", { headers: { "content-length": undefined } }],
    ["too long, with a body to match", { body: Buffer.concat([large, Buffer.from("more")]) }],
  ])("E27: Content-Length that is %s", (_, fault) =>
    withHub(async (f) => {
      faults(f, [fault]);
      expect(await load(f)).toBe(digest);
      expect(await blobs(f)).toEqual([digest]);
    }),
  );

  test("E27: lists that are cut, malformed or endless", () =>
    withHub(async (f) => {
      let cuts = 0;
      f.hub.fault = (r) => (r.path.startsWith("/api") && cuts++ % 2 === 0 ? { cutAfter: 20 } : undefined);
      expect(await load(f)).toBe(digest);
      for (const body of [
        "not json",
        '{"a":1}',
        '[{"type":"file","path":"large.bin","size":-1,"oid":"x"}]',
        "x".repeat(2.1e7),
      ]) {
        await rm(f.cacheDir, { recursive: true });
        f.hub.fault = (r) => (r.path.includes("/tree/") ? { body } : undefined);
        const error = await rejection(load(f));
        expect(error.code, body.slice(0, 20)).toBe("download");
        expect(error.message).toContain("the server's answer is not what the Hub answers");
        await mkdir(f.cacheDir, { recursive: true });
      }
      f.hub.fault = (r) => (r.path.includes("/revision/") ? { body: '{"sha":"../../x"}' } : undefined);
      expect((await rejection(load(f))).message).toContain('the commit "../../x"');
    }));
});

const treeWithLarge = JSON.stringify([
  { type: "file", path: "large.bin", oid: gitOid(large), size, lfs: { oid: digest, size } },
]);

/** Address of the server's second host. */
async function secondHost(f: HubFixture): Promise<string> {
  const url = `${f.hub.endpoint}/org/name/resolve/main/large.bin`;
  const location = (await fetch(url, { redirect: "manual" })).headers.get("location");
  return new URL(location ?? "").origin;
}

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
        await rm(join(repoOf(f), "refs"), { recursive: true });
        await rm(join(repoOf(f), ".glimpse"), { recursive: true, force: true });
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
      expect(sha256((await kept?.read(0, size)) ?? new Uint8Array())).toBe(digest);
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
      await writeFile(blobOf(f), bytes);
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
      await writeFile(blobOf(f), flipped);
      const error = await rejection(load(f, { offline: true }));
      expect(error.code).toBe("cache");
      expect(error.message).toContain("the file in the cache is damaged");
      expect(error.message).toContain(`It was moved to ${blobOf(f)}.corrupt.`);
      expect(await blobs(f)).toEqual([`${digest}.corrupt`]);
      expect(await load(f)).toBe(digest);
      expect(await blobs(f)).toEqual([digest]);
    }));

  test("E29: small files are checked by their git object id", () =>
    withHub(async (f) => {
      const files = await openHub("org/name", f.options());
      await files.json("config.json");
      const text = new TextEncoder().encode(String(mainFiles["config.json"]));
      await writeFile(join(repoOf(f), "blobs", gitOid(text)), '{"model_type":"gif"}');
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
      expect(await readdir(join(repoOf(f))).then((names) => names.includes("snapshots"))).toBe(false);
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
      await mkdir(join(repoOf(f), "blobs"), { recursive: true });
      await writeFile(`${blobOf(f)}.glimpse.incomplete`, zeros.subarray(200_000));
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
        const blob = join(repoOf(f), "blobs", name);
        const note = join(repoOf(f), ".glimpse", name);
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
        expect(
          await readdir(join(repoOf(f), "snapshots", (await readdir(join(repoOf(f), "snapshots")))[0] ?? "")),
        ).toEqual(["large.bin"]);
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
        await rm(repoOf(f), { recursive: true });
      };
      try {
        await writeFile(join(outside, "secret"), large);
        const snapshot = join(repoOf(f), "snapshots", mainCommit);
        await mkdir(snapshot, { recursive: true });
        await symlink(join(outside, "secret"), join(snapshot, "large.bin"));
        await refused("snapshot to file");
        await mkdir(join(repoOf(f), "snapshots"), { recursive: true });
        await symlink(outside, snapshot);
        await refused("folder of a commit");
        await mkdir(repoOf(f), { recursive: true });
        await symlink(outside, join(repoOf(f), "blobs"));
        await refused("blobs");
        await mkdir(join(repoOf(f), "refs"), { recursive: true });
        await symlink(join(outside, "secret"), join(repoOf(f), "refs/main"));
        expect(await rejection(load(f))).toMatchObject({ code: "cache" });
      } finally {
        await rm(outside, { recursive: true });
      }
    }));

  test("E31: a partial file that is a link is not written through", () =>
    withHub(async (f) => {
      const target = join(f.cacheDir, "target");
      await mkdir(join(repoOf(f), "blobs"), { recursive: true });
      await writeFile(target, "mine");
      await symlink(target, `${blobOf(f)}.glimpse.incomplete`);
      expect(await rejection(load(f))).toMatchObject({ code: "cache" });
      expect(await readFile(target, "utf8")).toBe("mine");
    }));

  test("links of Python's shared store, inside the cache, are followed, and the name of the link is the digest", () =>
    withHub(async (f) => {
      await load(f);
      const store = join(f.cacheDir, "blobs/ab");
      await mkdir(store, { recursive: true });
      await link(blobOf(f), join(store, "ab".repeat(32)));
      await rm(blobOf(f));
      await symlink(join("../../blobs/ab", "ab".repeat(32)), blobOf(f));
      f.hub.seen.length = 0;
      expect(await load(f)).toBe(digest);
      expect(f.hub.downloads()).toEqual([]);
    }));
});
