// The measurement itself: all runners open, every scenario in turns, round after round, ids checked, then how cost grows.
import os from "node:os";
import type { GitConfig } from "@glimpsejs/config";
import { callOf, type GenerateRequest, type OpenRequest, type Timed } from "./calls.ts";
import { agreement, wrongIds } from "./check-ids.ts";
import { encoderFlops, leastSeconds, type Rates } from "./cost.ts";
import {
  type BenchResult,
  type Growth,
  type RunnerResult,
  type ScenarioName,
  type ScenarioResult,
  spread,
  type Throughput,
} from "./result.ts";
import type { Runner } from "./runner.ts";

/** The ids that a scenario has to give, prompts included. */
export type ExpectedIds = Readonly<Partial<Record<ScenarioName, readonly (readonly number[])[]>>>;

/** What is measured. */
export interface Job {
  readonly model: BenchResult["model"];
  readonly config: GitConfig;
  readonly folder: string;
  readonly pixels: OpenRequest["pixels"];
  readonly prompt: readonly number[];
  readonly tokens: number;
  readonly threads: number | undefined;
  readonly rounds: number;
  readonly scenarios: readonly ScenarioName[];
  readonly rates: Rates | undefined;
  readonly expected: ExpectedIds;
  /** Whether the first runner of ours is also measured at other sizes. */
  readonly growth: boolean;
  readonly log: (line: string) => void;
}

/**
 * Below this share of its cores a process was kept from computing, and its times say more about what else ran: such
 * runs have shown ratios of 10 where 1.4 was true.
 */
const leastShare = 0.75;

/**
 * Captions after the first that are not counted: the second makes a draft, the third or fourth is the first to use it, the ninth
 * picture packs weights of 8 bits.
 */
const warmUps = 8;

interface Entry {
  readonly runner: Runner;
  readonly name: string;
  readonly gpu: string | undefined;
  readonly load: number;
  readonly first: number;
  readonly firstRss: number;
  readonly timed: Map<ScenarioName, Timed[]>;
}

/** Opens all runners, measures, closes them. Those that fail are left out, with a note. */
export async function bench(job: Job, runners: readonly Runner[]): Promise<BenchResult> {
  const notes: string[] = [];
  try {
    const entries: Entry[] = [];
    for (const runner of runners) {
      try {
        entries.push(await opened(job, runner));
      } catch (error) {
        notes.push(`${runner.backend} ${runner.dtype} was not measured: ${messageOf(error)}`);
      }
    }
    for (let round = 0; round < job.rounds; round++) {
      job.log(`round ${round + 1} of ${job.rounds}`);
      for (const name of job.scenarios) {
        for (const entry of entries) {
          const timed = await entry.runner.ask(callOf(name, job.prompt, job.tokens) as GenerateRequest);
          entry.timed.set(name, [...(entry.timed.get(name) ?? []), timed]);
        }
      }
    }
    const peer = entries.find(({ runner }) => runner.kind === "peer");
    const theirs = peer === undefined ? [] : job.scenarios.map((name) => [name, idsOf(peer, name)]);
    const expected: ExpectedIds = { ...Object.fromEntries(theirs), ...job.expected };
    const results: RunnerResult[] = [];
    for (const entry of entries) results.push(await result(job, entry, peer, expected, notes));
    const ours = entries.find(({ runner }) => runner.kind === "glimpse");
    const growth = job.growth && ours !== undefined ? await growths(job, ours) : [];
    const throughput: Throughput[] = [];
    for (const entry of job.growth ? entries : []) {
      if (entry.runner.kind === "glimpse") throughput.push(await throughputOf(job, entry));
    }
    return {
      schema: 1,
      date: new Date().toISOString(),
      machine: {
        cpu: os.cpus()[0]?.model.trim() ?? "unknown",
        gpu: entries.find(({ gpu }) => gpu !== undefined)?.gpu,
        cores: os.availableParallelism(),
        memory: os.totalmem(),
        os: `${os.type()} ${os.release()} ${os.arch()}`,
        node: process.version,
        rates: job.rates,
      },
      model: job.model,
      threads: job.threads,
      tokens: job.tokens,
      rounds: job.rounds,
      runners: results,
      growth,
      throughput,
      notes,
    };
  } finally {
    for (const runner of runners) runner.close();
  }
}

async function opened({ folder, threads, pixels, prompt, tokens, log }: Job, runner: Runner): Promise<Entry> {
  const { backend, dtype } = runner;
  const { name, load, gpu } = await runner.ask({ kind: "open", folder, backend, dtype, threads, pixels });
  const { ms: first } = await runner.ask(callOf("caption", prompt, tokens) as GenerateRequest);
  log(`${name}: first caption after ${Math.round(load + first)} ms`);
  const firstRss = await runner.ask({ kind: "memory" });
  // Runtimes tune themselves after a while, ours too; what is measured afterwards is the lasting speed.
  for (let i = 0; i < warmUps; i++) await runner.ask(callOf("caption", prompt, tokens) as GenerateRequest);
  return { runner, name, gpu, load, first, firstRss, timed: new Map() };
}

async function result(
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
    const isOwnQuiet = runner.isOnGpu || isQuiet(timed, job.threads);
    const areQuiet = isOwnQuiet && (peer?.runner.isOnGpu === true || isQuiet(others, job.threads));
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
    scenarios,
  };
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

/** How one runner's time grows with one quantity while the others stay as in "caption". */
async function growths(job: Job, { runner, name }: Entry): Promise<readonly Growth[]> {
  const { imageSize, patchSize } = job.config.visionConfig;
  const base = callOf("caption", job.prompt, job.tokens) as GenerateRequest;
  const sizes = job.pixels.shape.length === 5 ? [] : [224, 320, 480].map((side) => side - (side % patchSize));
  const repeated = (count: number) => Array.from({ length: count }, () => job.prompt);
  const series: Record<Growth["name"], readonly [number, GenerateRequest][]> = {
    resolution: sizes.map((size) => [size, size === imageSize ? base : { ...base, size }]),
    tokens: [1, 5, 10, 20, 40].map((tokens) => [tokens, { ...base, tokens }]),
    beams: [1, 2, 4, 8].map((beams) => [beams, { ...base, beams }]),
    batch: [1, 2, 4, 8].map((count) => [count, { ...base, pictures: count, prompts: repeated(count) }]),
  };
  const all: Growth[] = [];
  for (const [kind, calls] of Object.entries(series)) {
    job.log(`${name}: growth with ${kind}`);
    const points: Growth["points"][number][] = [];
    for (const [x, call] of calls) {
      const times = [await runner.ask(call), await runner.ask(call)];
      points.push({ x, ms: Math.min(...times.map(({ ms }) => ms)) });
    }
    all.push({ name: kind as Growth["name"], runner: name, points });
  }
  return all;
}

/** Pictures a second of captionAll(), by batch size: one pass over as many pictures as fill the largest batch twice. */
async function throughputOf({ tokens, log }: Job, { runner, name }: Entry): Promise<Throughput> {
  const pictures = 16;
  log(`${name}: pictures a second`);
  await runner.ask({ kind: "captionAll", pictures: 1, batchSize: 1, tokens }); // opens it
  const points: Throughput["points"][number][] = [];
  for (const batchSize of [1, 2, 4, 8]) {
    const { ms } = await runner.ask({ kind: "captionAll", pictures, batchSize, tokens });
    points.push({ batchSize, imagesPerSecond: (1000 * pictures) / ms });
  }
  return { runner: name, points };
}

function idsOf(entry: Entry | undefined, scenario: ScenarioName): Timed["ids"] {
  return entry?.timed.get(scenario)?.[0]?.ids ?? [];
}

function coresOf(timed: readonly Timed[]): number {
  const ms = timed.reduce((sum, t) => sum + t.ms, 0);
  return ms === 0 ? 0 : timed.reduce((sum, t) => sum + t.cpu, 0) / ms;
}

function isQuiet(timed: readonly Timed[], threads: number | undefined): boolean {
  return coresOf(timed) >= leastShare * Math.min(threads ?? 2, os.availableParallelism());
}

function hostPerToken(timed: readonly Timed[], tokens: number): number | undefined {
  const host = timed.flatMap(({ ms, runtime }) => (runtime === undefined ? [] : (ms - runtime) / tokens));
  return spread(host)?.median;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
