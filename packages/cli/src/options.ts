// The options of the command and what its subcommands are made of: one table from which arguments are read and help is
// written.
import type { TaskOptions, WeightDType } from "@glimpsejs/core";
import type { Sampling } from "@glimpsejs/processor";
import { generationTable } from "./generation-options.ts";
import type { CliHost } from "./host.ts";

interface OptionSpec {
  /** What stands for the value in help; absent for a flag. */
  readonly value?: string;
  /** Whether the value is a whole number from 1. */
  readonly count?: true;
  readonly about: string;
}

/** Every option of every command. */
export const optionTable = {
  model: { value: "ID|FOLDER", about: "a checkpoint on the Hugging Face Hub, or a folder; default: the demo model" },
  backend: { value: "NAME", about: "ort-node, webgpu or reference; default: the fastest that is installed" },
  dtype: { value: "NAME", about: "fp32, fp16, int8 or int4: how weights are kept; default: as they are stored" },
  threads: { value: "N", count: true, about: "threads that compute; default: one per physical core" },
  ...generationTable,
  question: { value: "TEXT", about: "about the answer to this question instead of a caption" },
  labels: { value: "FILE", about: "read more texts from a file, one a line" },
  folder: { value: "FOLDER", about: "where the PNG files are written; default: the current folder" },
  frames: { value: "N", count: true, about: "frames of a clip that the model sees; default 6" },
  sampling: {
    value: "HOW",
    about:
      "which frames of a clip: uniform (default), paper, window (random; window:SEED), or their times in seconds: 0,1.5,3",
  },
  "contact-sheet": {
    value: "PNG",
    about: "also write the frames that the model saw, with their times, as one picture",
  },
  limit: { value: "N", count: true, about: "only the first N" },
  out: { value: "FILE", about: "write each result there, and go on where an earlier run stopped" },
  profile: { about: "also time every kernel, on webgpu" },
  json: { about: "print one JSON document instead of text" },
  help: { about: "explain the command" },
  version: { about: "print the version" },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Name of an option, without the dashes. */
export type OptionName = keyof typeof optionTable;

/** The same table with the fields that an option may lack. */
export const optionSpecs: Readonly<Record<OptionName, OptionSpec>> = optionTable;

/** Options as given: absent ones are undefined, flags false. */
export interface Options {
  readonly model: string | undefined;
  readonly backend: string | undefined;
  readonly dtype: WeightDType | undefined;
  readonly threads: number | undefined;
  /** Options of generation, those that were given. */
  readonly generation: TaskOptions;
  readonly question: string | undefined;
  readonly labels: string | undefined;
  readonly folder: string | undefined;
  readonly frames: number | undefined;
  readonly sampling: Sampling | undefined;
  readonly contactSheet: string | undefined;
  readonly limit: number | undefined;
  readonly out: string | undefined;
  readonly profile: boolean;
  readonly json: boolean;
}

/** What a subcommand was called with. */
export interface Call {
  readonly operands: readonly string[];
  readonly options: Options;
}

/** A subcommand. */
export interface Command {
  readonly name: string;
  /** Its operands in help, such as "<picture…>". */
  readonly operands: string;
  /** Fewest and most operands. */
  readonly arity: readonly [least: number, most: number];
  /** One line. */
  readonly about: string;
  /** A paragraph for `glimpse help <command>`. */
  readonly details: string;
  /** Options besides --help. */
  readonly options: readonly OptionName[];
  readonly examples: readonly string[];
  /** Resolves to the exit code. */
  run(call: Call, host: CliHost): Promise<number>;
}
