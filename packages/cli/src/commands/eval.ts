// `glimpse eval`: captions pictures, answers questions about them, and compares both with what people say.
import { GlimpseError } from "@glimpsejs/base";
import type { Git } from "@glimpsejs/core";
import { byDefault, openResults, type Result, type Results, type Settings } from "../eval/results.ts";
import { readSamples, type Sample } from "../eval/samples.ts";
import { scoreResults, scoreTable } from "../eval/scores.ts";
import { generationOptions } from "../generation-options.ts";
import type { CliHost } from "../host.ts";
import type { Call, Command, Options } from "../options.ts";
import { bar, ProgressDisplay } from "../progress.ts";
import { reportError } from "../report-error.ts";
import { encodeOptions, openSession, taskOptions } from "../session.ts";
import { dimmer, duration, line, plural, printable } from "../text.ts";

/** Measures a model on a data set. */
export const evaluate: Command = {
  name: "eval",
  operands: "<data>",
  arity: [1, 1],
  about: "measure a model on pictures with references",
  details:
    "The data is a folder with samples.json, a .jsonl file (file, references, question, answers) or a .tsv file whose first " +
    "line names these columns, references and answers separated by |. Pictures are named relative to it. Prints CIDEr-D, " +
    "BLEU, ROUGE-L and exact match of the captions, and VQA accuracy and exact match of the answers, all times 100 (a " +
    "perfect CIDEr-D is 1000). With --out a run that was stopped goes on where it stopped. A picture that is not " +
    "there or cannot be read is reported and not counted; the exit code is then 1.",
  options: ["model", "backend", "dtype", "threads", ...generationOptions, "limit", "out", "json"],
  examples: ["glimpse eval fixtures/demo --limit 200", "glimpse eval coco.jsonl --preset paper --out results.jsonl"],
  run,
};

async function run({ operands: [data = ""], options }: Call, host: CliHost): Promise<number> {
  const { stdout, stderr } = host;
  const all = await readSamples(data, host.files);
  const samples = all.slice(0, options.limit);
  const results = await openResults(options.out, settingsOf(options), all, host);
  const open = samples.filter(({ id }) => !results.done.has(id));
  const kept = samples.length - open.length;
  if (kept > 0) line(stderr, `${plural(kept, "sample")} of ${samples.length} were done before.`);
  const { failed, ms } = open.length === 0 ? { failed: 0, ms: 0 } : await generateAll(open, results, options, host);
  const scores = scoreResults(samples, results.done);
  if (options.json) line(stdout, JSON.stringify({ samples: samples.length, failed, ms, ...scores }, undefined, 2));
  else {
    const dim = dimmer(stdout, host.env);
    line(stdout, `${plural(samples.length, "sample")} of ${printable(data)}${failed > 0 ? `, ${failed} failed` : ""}`);
    for (const text of scoreTable(scores, stdout.columns)) line(stdout, text);
    line(stdout);
    line(stdout, dim(`${plural(open.length, "sample")} in ${duration(ms)}`));
  }
  return failed > 0 ? 1 : 0;
}

function settingsOf({ model, dtype, generation }: Options): Settings {
  const { numBeams = byDefault, maxNewTokens = byDefault } = generation;
  return { model: model ?? "the demo model", dtype: dtype ?? byDefault, ...generation, numBeams, maxNewTokens };
}

/** Adds a result for each sample; resolves to how many could not be read, and to the time without loading the model. */
async function generateAll(
  samples: readonly Sample[],
  results: Results,
  options: Options,
  host: CliHost,
): Promise<{ readonly failed: number; readonly ms: number }> {
  const pictures = [...new Set(samples.map(({ picture }) => picture))];
  await using git = (await openSession(options, pictures, host)).git;
  const display = new ProgressDisplay(host);
  const start = host.now();
  let failed = 0;
  try {
    for (const [i, sample] of samples.entries()) {
      display.wait(progress(i, samples.length, host.now() - start, host));
      try {
        await results.add(sample, await generate(git, sample, options, host));
      } catch (error) {
        if (host.signal.aborted || !GlimpseError.isInstance(error)) throw error;
        failed++;
        display.clear();
        reportError(error, host);
      }
    }
  } finally {
    display.clear();
  }
  return { failed, ms: host.now() - start };
}

async function generate(git: Git, sample: Sample, options: Options, host: CliHost): Promise<Result> {
  const task = taskOptions(options, host);
  const { references, question } = sample;
  const asks = question !== undefined;
  using trunk = await git.encode(sample.picture, encodeOptions(options, host, asks));
  // The preset "paper" prepares a picture differently for a question: then a caption needs an encode of its own.
  const isShared = !asks || options.generation.preset !== "paper";
  using other = isShared ? undefined : await git.encode(sample.picture, encodeOptions(options, host, false));
  return {
    caption: references.length === 0 ? undefined : (await git.caption(other ?? trunk, task)).text,
    answer: asks ? (await git.answer(trunk, question, task)).text : undefined,
  };
}

/** A bar, how many are done, and how long the rest may take. */
function progress(done: number, total: number, ms: number, { stderr }: CliHost): string {
  const rest = done === 0 ? "" : `  ${duration((ms / done) * (total - done))} left`;
  const text = `${done} of ${total}${rest}`;
  return `${bar(done / total, Math.min(30, stderr.columns - 1 - text.length))}${text}`;
}
