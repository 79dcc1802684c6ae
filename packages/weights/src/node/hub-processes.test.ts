import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { blobs, digest, type HubFixture, large, loader, withHub } from "../../test/hub-support.ts";
import { openHub } from "./index.ts";

const patience = { timeout: 10_000, interval: 20 };
const load = loader(openHub);
const sum = large.reduce((total, byte) => (total * 31 + byte) >>> 0, 0);
const builtModule = process.env["TEST_BUILT"] === "1" ? "../../dist/node/index.js" : "./index.ts";

class Child {
  private readonly process: ChildProcessByStdio<null, Readable, null>;
  private readonly lines: AsyncIterator<string>;

  constructor({ hub, cacheDir }: HubFixture, mode = "") {
    const script = fileURLToPath(new URL("../../test/hub-child.mjs", import.meta.url));
    const args = [script, new URL(builtModule, import.meta.url).href, hub.endpoint, cacheDir, "large.bin", mode];
    this.process = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  async line(): Promise<string | undefined> {
    const { done, value } = await this.lines.next();
    return done ? undefined : value;
  }

  /** kill -9, and waits until it is dead. */
  async kill(): Promise<void> {
    const gone = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGKILL");
    await gone;
  }
}

const locks = (f: HubFixture) => join(f.cacheDir, ".locks/models--org--name");

describe.concurrent("several processes", () => {
  test("E28: kill -9 between write and rename leaves no file under its name, and the next process needs no download", () =>
    withHub(async (f) => {
      const child = new Child(f, "hang-at-sync");
      expect(await child.line()).toBe("started");
      expect(await child.line()).toBe("hanging");
      await child.kill();
      expect(await blobs(f)).toEqual([`${digest}.glimpse.incomplete`]);
      expect(await readdir(locks(f))).toEqual([`${digest}.glimpse.lock`]);
      f.hub.seen.length = 0;
      expect(await load(f)).toBe(digest);
      expect(f.hub.downloads()).toEqual([]);
      expect(await blobs(f)).toEqual([digest]);
      expect(await readdir(locks(f))).toEqual([]);
    }));

  test("E28: kill -9 in the middle of a download is resumed by the next process", () =>
    withHub(async (f) => {
      f.hub.fault = (request) => (request.host === "cdn" ? { stallAfter: 100_000 } : undefined);
      const child = new Child(f);
      await child.line();
      const partial = `${f.blob}.glimpse.incomplete`;
      const written = () =>
        stat(partial).then(
          ({ size }) => size,
          () => 0,
        );
      await vi.waitFor(async () => expect(await written()).toBe(100_000), patience);
      await child.kill();
      f.hub.fault = () => undefined;
      f.hub.seen.length = 0;
      expect(await load(f)).toBe(digest);
      expect(f.hub.downloads().map((request) => request.headers.range)).toEqual(["bytes=100000-"]);
    }));

  test("E30: processes that fill the same entry at once download it once, and all get it whole", () =>
    withHub(async (f) => {
      f.hub.fault = (request) => (request.host === "cdn" ? { drip: 5_000 } : undefined);
      const children = [new Child(f), new Child(f)];
      for (const child of children) expect(await child.line()).toBe("started");
      const [here, ...there] = await Promise.all([load(f), ...children.map((child) => child.line())]);
      expect(here).toBe(digest);
      expect(there).toEqual([`got ${large.length} ${sum}`, `got ${large.length} ${sum}`]);
      expect(f.hub.downloads()).toHaveLength(1);
      expect(await blobs(f)).toEqual([digest]);
    }));

  test("E30: two that both hold the lock, as after a sleep, still end with a whole file", () =>
    withHub(async (f) => {
      f.hub.fault = (request) => (request.host === "cdn" ? { drip: 5_000 } : undefined);
      const first = load(f);
      await vi.waitFor(() => expect(f.hub.downloads()).toHaveLength(1), patience);
      await rm(join(locks(f), `${digest}.glimpse.lock`));
      const second = load(f);
      expect(await Promise.all([first, second])).toEqual([digest, digest]);
      expect(f.hub.downloads()).toHaveLength(2);
    }));
});
