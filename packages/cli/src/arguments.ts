// Reads the argument list against the tables of commands and options. Reports everything that is wrong with it at once,
// and never guesses.
import { GlimpseError, nearestName, type Problem, show } from "@glimpsejs/base";
import { type WeightDType, weightDTypes } from "@glimpsejs/core";
import type { Sampling } from "@glimpsejs/processor";
import { readGeneration } from "./generation-options.ts";
import { type Call, type Command, type OptionName, optionSpecs } from "./options.ts";

/** The arguments make no sense; exit code 2. `command` is the command they were for, where that was clear. */
export class UsageError extends GlimpseError {
  readonly command: Command | undefined;

  constructor(problems: Problem | readonly Problem[], command?: Command) {
    super(problems, { code: "invalid-argument" });
    this.command = command;
  }
}

/** What the argument list asks for. */
export type Request =
  | { readonly kind: "run"; readonly command: Command; readonly call: Call }
  | { readonly kind: "help"; readonly command: Command | undefined }
  | { readonly kind: "version" };

/** Reads an argument list. Throws {@link UsageError}. */
export function parseArguments(argv: readonly string[], commands: readonly Command[]): Request {
  const { words, given, problems } = split(argv);
  const [name, ...operands] = words;
  const command = commands.find((c) => c.name === name);
  if (given.has("version")) return { kind: "version" };
  if (given.has("help")) return { kind: "help", command };
  if (name === undefined) {
    if (problems.length > 0) throw new UsageError(problems);
    return { kind: "help", command: undefined };
  }
  if (command === undefined) throw new UsageError(unknownCommand(name, commands));
  for (const option of given.keys()) {
    if (command.options.includes(option)) continue;
    const advice = `It takes ${listOf(command.options.map((o) => `--${o}`))}.`;
    problems.push({ subject: `glimpse ${command.name}`, problem: `it has no option --${option}`, advice });
  }
  problems.push(...checkOperands(operands, command));
  const count = (option: OptionName) => readCount(option, given.get(option), problems);
  const options = {
    model: given.get("model"),
    backend: given.get("backend"),
    dtype: readDType(given.get("dtype"), problems),
    threads: count("threads"),
    generation: readGeneration(given, problems),
    question: given.get("question"),
    labels: given.get("labels"),
    folder: given.get("folder"),
    frames: count("frames"),
    sampling: readSampling(given.get("sampling"), problems),
    contactSheet: given.get("contact-sheet"),
    limit: count("limit"),
    out: given.get("out"),
    profile: given.has("profile"),
    json: given.has("json"),
  };
  if (problems.length > 0) throw new UsageError(problems, command);
  return { kind: "run", command, call: { operands, options } };
}

/** "a", "a and b", "a, b and c"; "no options" for none. */
function listOf(names: readonly string[]): string {
  if (names.length === 0) return "no options";
  return names.length === 1 ? `${names[0]}` : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

interface Split {
  readonly words: readonly string[];
  readonly given: ReadonlyMap<OptionName, string>;
  readonly problems: Problem[];
}

const shortNames: Readonly<Record<string, string>> = { "-h": "--help", "-V": "--version" };

/** Words on one side, options with their values (flags: "") on the other. Everything after "--" is a word. */
function split(argv: readonly string[]): Split {
  const words: string[] = [];
  const given = new Map<OptionName, string>();
  const problems: Problem[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = shortNames[argv[i] ?? ""] ?? argv[i] ?? "";
    if (argument === "--") {
      words.push(...argv.slice(i + 1));
      break;
    }
    if (!/^-./.test(argument)) {
      words.push(argument);
      continue;
    }
    const [, flag = argument, inline] = /^(--?[^=]*)=(.*)$/s.exec(argument) ?? [];
    const name = optionNamed(flag);
    if (name === undefined) {
      problems.push(unknownOption(flag));
      continue;
    }
    if (given.has(name)) problems.push({ subject: flag, problem: "it is given twice" });
    const spec = optionSpecs[name];
    if (spec.value === undefined) {
      if (inline !== undefined) problems.push({ subject: flag, problem: "it takes no value", got: show(inline) });
      given.set(name, "");
      continue;
    }
    // A value may begin with a dash ("-1" is then a wrong number), but not look like the next option.
    const next = argv[i + 1];
    const value = inline ?? (next?.startsWith("--") ? undefined : next);
    if (value === undefined || value === "") {
      problems.push({ subject: flag, problem: "its value is missing", expected: `${flag} ${spec.value}` });
    } else given.set(name, value);
    if (inline === undefined && value !== undefined) i++;
  }
  return { words, given, problems };
}

function optionNamed(flag: string): OptionName | undefined {
  const names = Object.keys(optionSpecs) as OptionName[]; // the keys of a record are what its type says
  return names.find((name) => `--${name}` === flag);
}

function unknownOption(flag: string): Problem {
  const nearest = nearestName(
    flag,
    Object.keys(optionSpecs).map((name) => `--${name}`),
  );
  const advice = nearest && `Did you mean ${nearest}?`;
  return { subject: `option ${show(flag)}`, problem: "there is no such option", advice };
}

function unknownCommand(name: string, commands: readonly Command[]): Problem {
  const nearest = nearestName(
    name,
    commands.map((c) => c.name),
  );
  const advice =
    nearest !== undefined
      ? `Did you mean "${nearest}"?`
      : /[./\\]/.test(name)
        ? `To describe a picture: glimpse caption ${name}`
        : undefined;
  return { subject: `command ${show(name)}`, problem: "there is no such command", advice };
}

function checkOperands(
  operands: readonly string[],
  { name, arity: [least, most], operands: wanted }: Command,
): Problem[] {
  const subject = `glimpse ${name}`;
  if (operands.length < least) return [{ subject, problem: "something is missing", expected: wanted }];
  if (operands.length <= most) return [];
  const expected = wanted === "" ? "nothing more" : wanted;
  return [
    {
      subject,
      problem: "there is too much",
      expected,
      got: operands
        .slice(most)
        .map((o) => show(o))
        .join(" "),
    },
  ];
}

function readDType(value: string | undefined, problems: Problem[]): WeightDType | undefined {
  const dtype = weightDTypes.find((name) => name === value);
  if (value === undefined || dtype !== undefined) return dtype;
  problems.push({
    subject: "--dtype",
    problem: "there is no such dtype",
    expected: weightDTypes.join(", "),
    got: show(value),
  });
  return undefined;
}

/** "uniform", "paper", "window", the last two also with a seed ("window:45"), or seconds ("0,1.5,3"). */
function readSampling(value: string | undefined, problems: Problem[]): Sampling | undefined {
  if (value === undefined) return undefined;
  if (value === "uniform") return value;
  const [, method, seed] = /^(paper|window)(?::(\d+))?$/.exec(value) ?? [];
  if (method === "paper" || method === "window") return seed === undefined ? method : { method, seed: Number(seed) };
  if (/^\d+(\.\d+)?(,\d+(\.\d+)?)*$/.test(value)) return { timestamps: value.split(",").map(Number) };
  problems.push({
    subject: "--sampling",
    problem: "the value is wrong",
    expected: "uniform, paper, window, window:SEED, or times in seconds such as 0,1.5,3",
    got: show(value),
  });
  return undefined;
}

function readCount(option: OptionName, value: string | undefined, problems: Problem[]): number | undefined {
  if (value === undefined) return undefined;
  const count = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(count) && count >= 1) return count;
  problems.push({
    subject: `--${option}`,
    problem: "the value is wrong",
    expected: "a whole number from 1",
    got: show(value),
  });
  return undefined;
}
