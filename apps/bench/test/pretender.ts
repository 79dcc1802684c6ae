// Runners for tests that only pretend to measure, and what they are asked to.
import { presetConfig } from "@glimpsejs/config";
import type { Opened, Request, Timed } from "../src/calls.ts";
import type { Job } from "../src/job.ts";
import type { Runner } from "../src/runner.ts";

/** The ids of a caption that is right. */
export const right = [101, 7, 8];
/** What is measured: captions of two tokens, on one thread. */
export const job: Job = {
  model: { name: "a <model>", weightBytes: 1e9 },
  config: presetConfig("git-base"),
  folder: "",
  pixels: { file: "", shape: [8, 3, 224, 224] },
  prompt: [101],
  tokens: 2,
  threads: 1,
  rounds: 3,
  scenarios: ["caption"],
  rates: { gemm: 1e12, memory: 1e11 },
  expected: { caption: [right] },
  growth: false,
  log: () => undefined,
};

/** A runner whose captions take `ms` and are `ids`, on `cores`. */
export function pretender(
  kind: Runner["kind"],
  ms: number,
  ids: readonly number[],
  { cores = 1, dtype = "fp32", isOnGpu = false } = {},
): Runner {
  const asked = { captions: 0, closed: false };
  const ask = async (request: Request): Promise<Opened | Timed | number> => {
    if (asked.closed) throw new Error("closed");
    if (request.kind === "open") return { name: `${kind} ${dtype}`, load: 50 };
    if (request.kind === "memory") return 1.1e9;
    if (request.kind === "baseMemory") return 1e8;
    const took = request.kind === "captionAll" ? 4000 / request.batchSize : ms + asked.captions++;
    return { ms: took, cpu: took * cores, ids: [ids], steps: [ms / 10], runtime: took - 2 };
  };
  return { backend: kind, dtype, kind, isOnGpu, ask: ask as Runner["ask"], close: () => (asked.closed = true) };
}
