// How a model starts that was opened before, by processes of its own, and what such a process takes without a model.
import { callOf, type GenerateRequest } from "./calls.ts";
import { agreement, wrongIds } from "./check-ids.ts";
import { type Entry, type Job, messageOf } from "./job.ts";
import { isQuiet, weightBytesOf } from "./judge.ts";
import { type RunnerResult, type SecondStart, spread } from "./result.ts";
import type { Runner } from "./runner.ts";

const starts = 3;

/**
 * Starts the model of `entry` again in new processes, one after the other, and asks one more what it takes before there is a
 * model. Nothing where the runner cannot start again; what fails is a note. `captions` are the ids that have to come out.
 */
export async function startAgain(
  job: Job,
  entry: Entry,
  captions: readonly (readonly number[])[] | undefined,
  notes: string[],
): Promise<Pick<RunnerResult, "baseRss" | "secondStart">> {
  const { runner, name } = entry;
  const again = runner.again?.bind(runner);
  if (again === undefined) return {};
  job.log(`${name}: starting again`);
  const noted = async <T>(what: string, measure: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await measure();
    } catch (error) {
      notes.push(`${name}, ${what}: not measured: ${messageOf(error)}`);
      return undefined;
    }
  };
  return {
    baseRss: await noted("memory without a model", () =>
      within(again, (fresh) => fresh.ask({ kind: "baseMemory", backend: fresh.backend })),
    ),
    secondStart: await noted("second start", () => secondStart(job, entry, again, captions)),
  };
}

async function secondStart(
  job: Job,
  entry: Entry,
  again: () => Runner,
  captions: readonly (readonly number[])[] | undefined,
): Promise<SecondStart | undefined> {
  const { folder, threads, pixels, prompt, tokens } = job;
  const measured: { readonly load: number; readonly first: number }[] = [];
  for (let i = 0; i < starts; i++) {
    measured.push(
      await within(again, async (fresh) => {
        const { backend, dtype } = fresh;
        const { load } = await fresh.ask({ kind: "open", folder, backend, dtype, threads, pixels });
        const { ms, ids } = await fresh.ask(callOf("caption", prompt, tokens) as GenerateRequest);
        if (captions !== undefined && dtype === "fp32" && agreement(ids, captions, [prompt.length]) < 1) {
          throw new Error(wrongIds("its first caption", ids, captions));
        }
        return { load, first: ms };
      }),
    );
  }
  const load = spread(measured.map((m) => m.load));
  const first = spread(measured.map((m) => m.first));
  const total = spread(measured.map((m) => m.load + m.first));
  const least = warmAndFile(job, entry);
  return load && first && total && { load, first, total, ofWarmAndFile: least && total.median / least };
}

/** Milliseconds of a warm caption and of reading the weights: what a start is judged by. */
function warmAndFile(job: Job, entry: Entry): number | undefined {
  const warm = spread((entry.timed.get("caption") ?? []).map(({ ms }) => ms));
  const bytes = weightBytesOf(job, entry.runner.dtype);
  const rate = job.rates?.read;
  if (warm === undefined || bytes === undefined || rate === undefined) return undefined;
  return isQuiet(job, entry, "caption") ? warm.median + (1000 * bytes) / rate : undefined;
}

/** What a new process answers, which is closed then. */
async function within<T>(again: () => Runner, use: (fresh: Runner) => Promise<T>): Promise<T> {
  const fresh = again();
  try {
    return await use(fresh);
  } finally {
    fresh.close();
  }
}
