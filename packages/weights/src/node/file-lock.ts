// A lock between processes, as a file that only one can create. It saves work, not correctness: what it guards must
// be safe when two hold it, which can happen after a computer slept or where containers share a folder but not their
// process ids. Works on NFS, which creates files exclusively but often has no flock; Node has none either.
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { throwIfAborted } from "@glimpsejs/base";
import { sleep } from "../hub/transport.ts";
import { errnoOf, unlessMissing } from "./errno.ts";

/** When others look at a lock, and when they take it. */
export interface LockTiming {
  /** Milliseconds between looks. */
  readonly pollMs: number;
  /** Milliseconds without a sign of life after which a lock is taken from its holder. */
  readonly staleMs: number;
}

/**
 * Runs `work` while holding the lock file `path`. A lock whose process is dead is taken at once, one that shows no
 * sign of life for `staleMs` after that time (measured by watching it, since clocks of two hosts differ).
 * Throws "aborted", and what node:fs throws if the file cannot be written.
 */
export async function withFileLock<T>(
  path: string,
  signal: AbortSignal,
  work: () => Promise<T>,
  timing: LockTiming = { pollMs: 100, staleMs: 60_000 },
): Promise<T> {
  const me = `${process.pid} ${hostname()} ${randomUUID()}`;
  await acquire(path, me, signal, timing);
  const alive = () => void utimes(path, new Date(), new Date()).catch(() => {});
  const heartbeat = setInterval(alive, timing.staleMs / 4);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    const holder = await readFile(path, "utf8").catch(() => undefined);
    if (holder === me) await rm(path, { force: true });
  }
}

async function acquire(path: string, me: string, signal: AbortSignal, timing: LockTiming): Promise<void> {
  let seen = "";
  let since = 0;
  for (;;) {
    throwIfAborted(signal, path);
    await mkdir(dirname(path), { recursive: true });
    try {
      await writeFile(path, me, { flag: "wx" });
      return;
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    }
    const [holder, stats] = await Promise.all([
      unlessMissing(readFile(path, "utf8")),
      unlessMissing(stat(path, { bigint: true })),
    ]);
    if (holder === undefined || stats === undefined) continue;
    const state = `${stats.mtimeNs} ${holder}`;
    if (state !== seen) [seen, since] = [state, performance.now()];
    if (isDead(holder) || performance.now() - since >= timing.staleMs) await rm(path, { force: true });
    else await sleep(timing.pollMs, signal);
  }
}

/** True if the holder is a process of this host that is no more. A lock is empty for a moment after its creation. */
function isDead(holder: string): boolean {
  const [pid, host] = holder.split(" ");
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return errnoOf(error) === "ESRCH";
  }
}
