// What the bench measures, as data: the file `result.json`. Its form is stable: a change that a reader would notice
// raises `schema`. Times are milliseconds, memory is bytes.

/** A machine in a few words. */
export function machineName({ cpu, cores, gpu }: BenchResult["machine"]): string {
  return `${gpu === undefined ? "" : `${gpu} beside `}${cpu}, ${cores} cores`;
}

/** Several measurements of one thing. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

/** The scenarios that are compared, in the order they are shown. */
export const scenarioNames = ["encode", "caption", "beam4", "questions10", "batch8"] as const;

/** Name of a scenario: the image encoder alone; one greedy caption; with 4 beams; 10 questions on one picture; 8 pictures at once. */
export type ScenarioName = (typeof scenarioNames)[number];

/** One scenario on one runner. */
export interface ScenarioResult {
  /** From call to result; undefined where the ids were wrong. */
  readonly ms: Spread | undefined;
  /** Processor time by wall time over all runs: how many cores the process really got. */
  readonly cores: number;
  /** The tokens after the first of each call, on average, where the search gives them one by one. Some may come at once. */
  readonly perToken: Spread | undefined;
  /**
   * Time of a call in which the runtime does not compute, by token of one text, which is a step of the search: where there are
   * several texts, a step makes a token of each. Where it can be told. Files without `hostPerTokenOfAll` leave out what the
   * host did while a run waited for its turn, collecting garbage for one.
   */
  readonly hostPerToken: number | undefined;
  /** The same by all generated tokens: of ten questions, a tenth of it. Files written before there was this lack it. */
  readonly hostPerTokenOfAll?: number | undefined;
  /** Share of the generated tokens up to the first that differs from the reference; 1 for equal ids. */
  readonly agreement: number;
  /** Time by the machine's measured rates and by `ms`; above 1 where work is saved that the estimate counts. */
  readonly rooflineShare: number | undefined;
  /** How many times as fast as the peer, where there is one and both had their cores. */
  readonly speedup: number | undefined;
}

/** New processes that open a model which was opened before: weights that are kept exist, files are in the page cache. */
export interface SecondStart {
  /** Until the model can be called. */
  readonly load: Spread;
  /** The first caption after that. */
  readonly first: Spread;
  /** Both. */
  readonly total: Spread;
  /**
   * The middle of `total` by a warm caption and reading the weights' bytes at `rates.read`; undefined where one of these was not
   * measured, or the warm caption did not get its cores.
   */
  readonly ofWarmAndFile?: number | undefined;
}

/** Everything about one backend with one dtype, or about a peer. */
export interface RunnerResult {
  /** "ort-node fp32", "transformers 5.18.0 on PyTorch 2.13.0". */
  readonly name: string;
  readonly kind: "glimpse" | "peer";
  readonly backend: string;
  readonly dtype: string;
  /** Until the model can be called. */
  readonly load: number;
  /** The first caption after that. */
  readonly first: number;
  /** Largest resident memory of the process, the runtime's own included, when all was done. */
  readonly peakRss: number;
  /** The same after the first caption. */
  readonly firstRss: number;
  /** The same of a process that has imported all of it and opened the runtime, but no model. Ours only; older files lack it. */
  readonly baseRss?: number | undefined;
  /** What weights of the dtype take in memory, fp16 counted as float32. Ours only; older files lack it. */
  readonly weightBytes?: number | undefined;
  /** Ours only; older files lack it. */
  readonly secondStart?: SecondStart | undefined;
  readonly scenarios: Readonly<Partial<Record<ScenarioName, ScenarioResult>>>;
}

/** How cost grows with one quantity. */
export interface Growth {
  readonly name: "resolution" | "tokens" | "beams" | "batch";
  readonly runner: string;
  readonly points: readonly { readonly x: number; readonly ms: number }[];
}

/** How many pictures a second captionAll() captions, decoded picture to text, by its batch size. */
export interface Throughput {
  readonly runner: string;
  readonly points: readonly { readonly batchSize: number; readonly imagesPerSecond: number }[];
}

/** A caption by another model of another library: beside ours, not to be divided by. */
export interface OtherModel {
  /** "transformers.js 4.3.1, Xenova/vit-gpt2-image-captioning". */
  readonly name: string;
  readonly load: number;
  readonly first: number;
  /** The captions after the first. */
  readonly ms: Spread | undefined;
}

/** A whole run of the bench. */
export interface BenchResult {
  readonly schema: 1;
  /** ISO 8601. */
  readonly date: string;
  readonly machine: {
    readonly cpu: string;
    /** What the GPU calls itself, where one was measured. */
    readonly gpu?: string | undefined;
    readonly cores: number;
    readonly memory: number;
    readonly os: string;
    readonly node: string;
    /**
     * Floating-point operations per second of large matrix products, and bytes per second: of weights in memory read once, and
     * of the checkpoint's file read from the page cache, which older files lack.
     */
    readonly rates: { readonly gemm: number; readonly memory: number; readonly read?: number | undefined } | undefined;
  };
  readonly model: { readonly name: string; readonly weightBytes: number };
  /** Threads that were asked for; undefined where each runtime chose. */
  readonly threads: number | undefined;
  readonly tokens: number;
  readonly rounds: number;
  readonly runners: readonly RunnerResult[];
  readonly growth: readonly Growth[];
  /** Of every runner of ours; files written before there was this lack it. */
  readonly throughput?: readonly Throughput[];
  /** Of other models, where they were asked for. */
  readonly others?: readonly OtherModel[];
  /** What was not measured, or not printed, and why. */
  readonly notes: readonly string[];
}

/** The middle of `values`, with their ends; undefined for none. */
export function spread(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return undefined;
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? min) + (sorted[Math.floor(middle)] ?? max)) / 2;
  return { median, min, max, runs: sorted.length };
}
