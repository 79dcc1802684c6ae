import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gitOid, goodToken } from "../../test/hub-server.ts";
import {
  blobs,
  digest,
  faults,
  type HubFixture,
  large,
  loader,
  ranges,
  rejection,
  toCdn,
  withHub,
} from "../../test/hub-support.ts";
import { openHub } from "./index.ts";

const load = loader(openHub);
const size = large.length;

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
      await mkdir(join(f.repo, "blobs"), { recursive: true });
      await writeFile(`${f.blob}.glimpse.incomplete`, new Uint8Array(size + 1));
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

  test("E27: a redirect from https to http is refused", async () => {
    const asked: string[] = [];
    const fetch = async (input: unknown) => {
      asked.push(String(input));
      return new Response(null, { status: 302, headers: { location: "http://hub.test/x" } });
    };
    const error = await rejection(
      openHub("org/name", { endpoint: "https://hub.test", fetch, env: { HF_HOME: "/nowhere" } }),
    );
    expect(error.message).toContain("org/name@main: a redirect leads to no safe address, expected https, got http:.");
    expect(asked).toHaveLength(1);
  });

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
