// What is measured, and what is known of a runner while it is: the data that the parts of the bench hand to each other.
import type { GitConfig } from "@glimpsejs/config";
import type { OpenRequest, Timed } from "./calls.ts";
import type { Rates } from "./cost.ts";
import type { BenchResult, ScenarioName } from "./result.ts";
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

/** A runner that is open, and what it has measured. */
export interface Entry {
  readonly runner: Runner;
  readonly name: string;
  readonly gpu: string | undefined;
  readonly load: number;
  readonly first: number;
  readonly firstRss: number;
  readonly timed: Map<ScenarioName, Timed[]>;
}

/** The ids of every row, as the first call gave them. */
export function idsOf(entry: Entry | undefined, scenario: ScenarioName): Timed["ids"] {
  return entry?.timed.get(scenario)?.[0]?.ids ?? [];
}

/** What is wrong, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
