import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rejection } from "../../test/hub-support.ts";
import { withFileLock } from "./file-lock.ts";

const forever = new AbortController().signal;
const timing = { pollMs: 5, staleMs: 100 };
let path = "";
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), "glimpse-lock-")), "locks", "x.lock");
  await withFileLock(path, forever, async () => {});
});
afterEach(() => rm(dirname(dirname(path)), { recursive: true }));

const exists = (file: string) =>
  readFile(file).then(
    () => true,
    () => false,
  );

describe("E30: locks between processes", () => {
  test("E30: only one holds it at a time, and it is gone afterwards", async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((done) => setTimeout(done, 10));
      inside--;
    };
    await Promise.all(Array.from({ length: 5 }, () => withFileLock(path, forever, work, timing)));
    expect(most).toBe(1);
    expect(await exists(path)).toBe(false);
  });

  test("E30: the lock of a dead process is taken at once", async () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    await writeFile(path, `${pid} ${hostname()} x`);
    const start = performance.now();
    expect(await withFileLock(path, forever, async () => "done")).toBe("done");
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test("E30: the lock of another host (NFS) is taken when it shows no sign of life", async () => {
    await writeFile(path, `${process.pid} another-host x`);
    const alive = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), 20);
    const taken = withFileLock(path, forever, async () => performance.now(), timing);
    await new Promise((done) => setTimeout(done, 250));
    clearInterval(alive);
    const stopped = performance.now();
    expect((await taken) - stopped).toBeGreaterThan(50);
  });

  test("E30: an empty lock, left by a kill before its holder was written, is taken", async () => {
    await writeFile(path, "");
    expect(await withFileLock(path, forever, async () => "done", timing)).toBe("done");
  });

  test("E30: a lock that was taken away is not deleted from its new holder", async () => {
    await withFileLock(path, forever, () => writeFile(path, "new holder"), timing);
    expect(await readFile(path, "utf8")).toBe("new holder");
  });

  test("waiting can be aborted, and an error in the work lets go", async () => {
    await writeFile(path, `${process.pid} ${hostname()} x`);
    const error = await rejection(withFileLock(path, AbortSignal.timeout(30), async () => {}));
    expect(error.code).toBe("aborted");
    await rm(path);
    await expect(withFileLock(path, forever, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await exists(path)).toBe(false);
  });
});
