// The measurement itself: all runners open, every scenario in turns, round after round, then how they start once more, what comes
// of it all, and how cost grows.
import os from "node:os";
import { callOf, type GenerateRequest } from "./calls.ts";
import { growths, throughputOf } from "./growth.ts";
import { type Entry, type ExpectedIds, idsOf, type Job, messageOf } from "./job.ts";
import { judged } from "./judge.ts";
import type { BenchResult, RunnerResult, Throughput } from "./result.ts";
import type { Runner } from "./runner.ts";
import { startAgain } from "./second-start.ts";

/**
 * Captions after the first that are not counted: the second makes a draft, the third or fourth is the first to use it, the ninth
 * picture packs weights of 8 bits.
 */
const warmUps = 8;

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
    // The first round is not counted: it is the first time that beams and questions are run, for which a runtime compiles and packs.
    for (let round = 0; round <= job.rounds; round++) {
      job.log(round === 0 ? "a round to warm up" : `round ${round} of ${job.rounds}`);
      for (const name of job.scenarios) {
        for (const entry of entries) {
          const timed = await entry.runner.ask(callOf(name, job.prompt, job.tokens) as GenerateRequest);
          if (round > 0) entry.timed.set(name, [...(entry.timed.get(name) ?? []), timed]);
        }
      }
    }
    const peer = entries.find(({ runner }) => runner.kind === "peer");
    const theirs = peer === undefined ? [] : job.scenarios.map((name) => [name, idsOf(peer, name)]);
    const expected: ExpectedIds = { ...Object.fromEntries(theirs), ...job.expected };
    const results: RunnerResult[] = [];
    for (const entry of entries) {
      const start = await startAgain(job, entry, expected.caption, notes);
      results.push({ ...(await judged(job, entry, peer, expected, notes)), ...start });
    }
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
