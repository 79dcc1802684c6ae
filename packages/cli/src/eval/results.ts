// The results of one evaluation, kept in a JSONL file where one is named, so that a run that was stopped goes on where it
// stopped. The first line says what the results were made with.
import { GlimpseError, type Problem, parseJson, show } from "@glimpsejs/base";
import type { CliHost } from "../host.ts";
import { JsonReader } from "../json-reader.ts";
import { type Sample, sampleId } from "./samples.ts";

/** What changes the texts, and so must be the same when a run goes on. The backend is not among it. */
export interface Settings {
  readonly model: string;
  readonly dtype: string;
  /** Options of generation that were given. */
  readonly [option: string]: unknown;
}

/** Stands for a setting that was not given. */
export const byDefault = "default";

/** The texts for one sample. */
export interface Result {
  /** Undefined where the sample has no references. */
  readonly caption: string | undefined;
  /** Undefined where the sample has no question. */
  readonly answer: string | undefined;
}

/** Results by the id of their sample. */
export interface Results {
  readonly done: ReadonlyMap<string, Result>;
  /** Keeps a result, in the file too. */
  add(sample: Sample, result: Result): Promise<void>;
}

const format = "glimpse eval 1";

/**
 * The results in `file` for `samples`, or none without a file. Throws "invalid-json" and "invalid-argument" for a file that
 * is something else, was made with other settings or for another data set.
 */
export async function openResults(
  file: string | undefined,
  settings: Settings,
  samples: readonly Sample[],
  { files, writer }: CliHost,
): Promise<Results> {
  const done = new Map<string, Result>();
  const header = `${JSON.stringify({ format, ...settings })}\n`;
  if (file !== undefined) {
    const text = (await files.exists(file)) ? new TextDecoder().decode(await files.read(file)) : "";
    // A run that was killed may have left half a line.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (text === "") await writer.write(file, header);
    else {
      for (const [id, result] of readResults(whole, file, settings, samples)) done.set(id, result);
      if (whole !== text) await writer.write(file, whole);
    }
  }
  return {
    done,
    async add(sample, result) {
      done.set(sample.id, result);
      const { file: picture, references, question, answers } = sample;
      const line = { file: picture, references, caption: result.caption, question, answers, answer: result.answer };
      if (file !== undefined) await writer.append(file, `${JSON.stringify(line)}\n`);
    },
  };
}

function readResults(
  text: string,
  file: string,
  settings: Settings,
  samples: readonly Sample[],
): (readonly [string, Result])[] {
  const [first = "", ...rest] = text.split("\n").slice(0, -1);
  checkHeader(first, file, settings);
  const byId = new Map(samples.map((sample) => [sample.id, sample]));
  const problems: Problem[] = [];
  const results = rest.flatMap((line, i) => {
    const subject = `${file}, line ${i + 2}`;
    const json = new JsonReader(parseJson(line, subject), subject);
    const id = sampleId({ file: json.member("file").string(), question: json.optional("question")?.string() });
    const sample = byId.get(id);
    const result = { caption: json.optional("caption")?.string(), answer: json.optional("answer")?.string() };
    if (sample === undefined) problems.push({ subject, problem: "there is no such sample", got: show(id), advice });
    // A sample that was given references since then is done again.
    const complete = sample === undefined || sample.references.length === 0 || result.caption !== undefined;
    return complete ? [[id, result] as const] : [];
  });
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
  return results;
}

const advice = "Name another file with --out, or remove this one.";

function checkHeader(line: string, file: string, settings: Settings): void {
  const subject = `${file}, line 1`;
  const isResults = line.startsWith(JSON.stringify({ format }).slice(0, -1));
  if (!isResults) {
    const problem = { subject, problem: "this is no file of results of glimpse eval", advice };
    throw new GlimpseError(problem, { code: "invalid-argument" });
  }
  const found = new JsonReader(parseJson(line, subject), subject).object();
  const { format: _, ...earlier } = found;
  const names = [...new Set([...Object.keys(settings), ...Object.keys(earlier)])];
  const problems = names.flatMap((name) => {
    const [expected, got] = [settings[name] ?? byDefault, earlier[name] ?? byDefault];
    if (expected === got) return [];
    const problem = `the results were made with another ${name}`;
    return [{ subject, problem, expected: show(expected), got: show(got), advice }];
  });
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
}
