// What comes of a runner's measurements: ids are checked, shares and ratios made, and what proves nothing is left out and noted.
import os from "node:os";
import { weightBytes, weightDTypes } from "@glimpsejs/core";
import { callOf, type Timed } from "./calls.ts";
import { agreement, wrongIds } from "./check-ids.ts";
import { encoderFlops, leastSeconds } from "./cost.ts";
import { type Entry, type ExpectedIds, idsOf, type Job } from "./job.ts";
import { type RunnerResult, type ScenarioName, type ScenarioResult, spread } from "./result.ts";

/**
 * Below this share of its cores a process was kept from computing, and its times say more about what else ran: such
 * runs have shown ratios of 10 where 1.4 was true.
 */
const leastShare = 0.75;

/** The result of one runner, beside the `peer` where there is one. */
export async function judged(
  job: Job,
  entry: Entry,
  peer: Entry | undefined,
  expected: ExpectedIds,
  notes: string[],
): Promise<RunnerResult> {
  const { runner, name, load, first, firstRss } = entry;
  const scenarios: Partial<Record<ScenarioName, ScenarioResult>> = {};
  for (const scenario of job.scenarios) {
    const timed = entry.timed.get(scenario) ?? [];
    const call = callOf(scenario, job.prompt, job.tokens);
    const rows = expected[scenario];
    const prompts = call.kind === "generate" ? call.prompts.map((prompt) => prompt.length) : [];
    const shared =
      call.kind === "encode" ? 1 : rows === undefined ? 0 : agreement(idsOf(entry, scenario), rows, prompts);
    if (call.kind === "generate" && rows === undefined) {
      notes.push(`${name}, ${scenario}: no time, since nothing says which ids are right`);
    } else if (rows !== undefined && shared < 1 && runner.dtype === "fp32" && call.kind === "generate") {
      notes.push(wrongIds(`${name}, ${scenario}`, idsOf(entry, scenario), rows));
    }
    const isRight = call.kind === "encode" || (rows !== undefined && (shared === 1 || runner.dtype !== "fp32"));
    const ms = isRight ? spread(timed.map((t) => t.ms)) : undefined;
    const host = ms && hostPerToken(timed, job.tokens);
    const cores = coresOf(timed);
    const others = peer?.timed.get(scenario) ?? [];
    const theirs = spread(others.map((t) => t.ms));
    const isOwnQuiet = isQuiet(job, entry, scenario);
    const areQuiet = isOwnQuiet && peer !== undefined && isQuiet(job, peer, scenario);
    if (!isOwnQuiet) notes.push(`${name}, ${scenario}: it got ${cores.toFixed(2)} cores, so its times prove nothing`);
    scenarios[scenario] = {
      ms,
      cores,
      perToken: ms && spread(timed.flatMap(({ steps }) => (steps.length === 0 ? [] : mean(steps)))),
      hostPerToken: host,
      hostPerTokenOfAll: host && host / Math.max(1, prompts.length),
      agreement: shared,
      rooflineShare: ms && runner.dtype === "fp32" && !runner.isOnGpu ? rooflineShare(job, call, ms.median) : undefined,
      speedup: ms && theirs && areQuiet ? theirs.median / ms.median : undefined,
    };
  }
  return {
    name,
    kind: runner.kind,
    backend: runner.backend,
    dtype: runner.dtype,
    load,
    first,
    peakRss: await runner.ask({ kind: "memory" }),
    firstRss,
    weightBytes: runner.kind === "glimpse" ? weightBytesOf(job, runner.dtype) : undefined,
    scenarios,
  };
}

/** What the weights of a dtype take in memory; undefined where the name is of no dtype. */
export function weightBytesOf({ config }: Job, name: string): number | undefined {
  const dtype = weightDTypes.find((known) => known === name);
  return dtype && weightBytes(config, dtype);
}

function rooflineShare(job: Job, call: ReturnType<typeof callOf>, ms: number): number | undefined {
  if (job.rates === undefined) return undefined;
  const frames = job.pixels.shape.length === 5 ? (job.pixels.shape[1] ?? 1) : 1;
  const seconds =
    call.kind === "encode"
      ? (frames * encoderFlops(job.config)) / job.rates.gemm
      : leastSeconds(job.config, call, frames, job.rates);
  return (1000 * seconds) / ms;
}

function coresOf(timed: readonly Timed[]): number {
  const ms = timed.reduce((sum, t) => sum + t.ms, 0);
  return ms === 0 ? 0 : timed.reduce((sum, t) => sum + t.cpu, 0) / ms;
}

/** Whether a runner got the cores that it could use, or computed on a GPU. */
export function isQuiet({ threads }: Job, { runner, timed }: Entry, scenario: ScenarioName): boolean {
  if (runner.isOnGpu) return true;
  return coresOf(timed.get(scenario) ?? []) >= leastShare * Math.min(threads ?? 2, os.availableParallelism());
}

function hostPerToken(timed: readonly Timed[], tokens: number): number | undefined {
  const host = timed.flatMap(({ ms, runtime }) => (runtime === undefined ? [] : (ms - runtime) / tokens));
  return spread(host)?.median;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
