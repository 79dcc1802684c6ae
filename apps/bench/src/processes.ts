// Starts the processes that measure, one per measurement, so that no figure depends on what ran before.
import { execFile, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { BackendName, Job, Measurement } from "./measure.ts";

/** Measures a backend in a process of its own. Rejects when that process fails. */
export function measureBackend(job: Job, backend: BackendName): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL("./child.js", import.meta.url), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    let measurement: Measurement | undefined;
    child.once("message", (message: Measurement) => {
      measurement = message;
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (measurement === undefined)
        reject(new Error(`measuring ${backend} failed (${signal ?? `exit code ${code}`})`));
      else resolve(measurement);
    });
    child.send({ job, backend });
  });
}

/** Measures transformers on PyTorch, and says which versions. */
export async function measurePeer(
  job: Job,
  python: string,
): Promise<{ readonly name: string; readonly measurement: Measurement }> {
  const script = fileURLToPath(new URL("../peer.py", import.meta.url));
  const { stdout } = await promisify(execFile)(python, [script, JSON.stringify(job)], { maxBuffer: 1e8 });
  return JSON.parse(stdout);
}
