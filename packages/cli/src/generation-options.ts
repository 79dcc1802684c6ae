// The options of generation on the command line: which there are, how each is read, and what it is called in a call of
// caption() or answer(). Their ranges are checked where those calls check them, so that both say the same.
import type { Problem } from "@glimpsejs/base";
import { show } from "@glimpsejs/base";
import type { TaskOptions } from "@glimpsejs/core";

interface GenerationOption {
  /** What stands for the value in help; absent for a flag. */
  readonly value?: string;
  /** Whether the value is a whole number from 1. */
  readonly count?: true;
  /** The option of caption() and answer(). */
  readonly task: keyof TaskOptions;
  readonly about: string;
}

/** Every option of generation. */
export const generationTable = {
  preset: {
    value: "NAME",
    task: "preset",
    about: "hf, as transformers does it (default), or paper, as the authors did",
  },
  "max-new-tokens": { value: "N", count: true, task: "maxNewTokens", about: "most tokens to generate; default 50" },
  "min-new-tokens": { value: "N", task: "minNewTokens", about: "fewest tokens to generate" },
  "num-beams": {
    value: "N",
    count: true,
    task: "numBeams",
    about: "beams to search with; default: what the checkpoint says, mostly 1",
  },
  "length-penalty": { value: "X", task: "lengthPenalty", about: "above 0 favours long texts among beams; default 1" },
  "early-stopping": {
    value: "WHEN",
    task: "earlyStopping",
    about: "true: when as many texts as beams have ended; never; or false (default), by a heuristic",
  },
  "num-beam-groups": { value: "N", count: true, task: "numBeamGroups", about: "groups of beams that differ" },
  "diversity-penalty": { value: "X", task: "diversityPenalty", about: "how much groups of beams are to differ" },
  sample: { task: "doSample", about: "draw each token by its probability instead of taking the likeliest" },
  seed: { value: "N", task: "seed", about: "of --sample: the same seed draws the same text; default 0" },
  temperature: { value: "X", task: "temperature", about: "of --sample: below 1 keeps to likely tokens; default 1" },
  "top-k": { value: "N", task: "topK", about: "of --sample: only the N likeliest tokens, 0 for all; default 50" },
  "top-p": { value: "P", task: "topP", about: "of --sample: only the likeliest tokens that make up P together" },
  "min-p": { value: "P", task: "minP", about: "of --sample: only tokens at least P times as likely as the likeliest" },
  "typical-p": { value: "P", task: "typicalP", about: "of --sample: only the most typical tokens that make up P" },
  "repetition-penalty": { value: "X", task: "repetitionPenalty", about: "above 1 discourages words that were there" },
  "no-repeat-ngram-size": { value: "N", task: "noRepeatNgramSize", about: "no run of N tokens occurs twice" },
  "stop-string": { value: "TEXT", task: "stopStrings", about: "end the text when TEXT appears in it" },
  "max-time": { value: "SECONDS", task: "maxTime", about: "begin no further token after that time" },
} as const satisfies Readonly<Record<string, GenerationOption>>;

/** Name of an option of generation, without the dashes. */
export type GenerationOptionName = keyof typeof generationTable;

/** All of them, for the tables of commands. */
export const generationOptions: readonly GenerationOptionName[] = Object.keys(
  generationTable,
) as GenerationOptionName[]; // the table's keys are exactly the names

const texts: ReadonlySet<string> = new Set(["preset", "stop-string"]);

/** The options that were given, as caption() and answer() take them. What is no number is added to `problems`. */
export function readGeneration(given: ReadonlyMap<string, string>, problems: Problem[]): TaskOptions {
  const options: Record<string, unknown> = {};
  for (const name of generationOptions) {
    const value = given.get(name);
    if (value !== undefined) options[generationTable[name].task] = readValue(name, value, problems);
  }
  return options; // the names are those of TaskOptions; its values are checked by the call
}

function readValue(name: GenerationOptionName, text: string, problems: Problem[]): unknown {
  const spec: GenerationOption = generationTable[name];
  if (spec.value === undefined) return true;
  if (texts.has(name)) return text;
  if (name === "early-stopping") {
    if (text === "true" || text === "false") return text === "true";
    if (text === "never") return text;
    problems.push({
      subject: `--${name}`,
      problem: "the value is wrong",
      expected: "true, false or never",
      got: show(text),
    });
    return undefined;
  }
  const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  const isRight = spec.count ? Number.isSafeInteger(number) && number >= 1 : Number.isFinite(number);
  if (isRight) return number;
  const expected = spec.count ? "a whole number from 1" : "a number";
  problems.push({ subject: `--${name}`, problem: "the value is wrong", expected, got: show(text) });
  return undefined;
}
