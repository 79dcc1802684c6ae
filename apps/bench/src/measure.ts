// One measurement: a checkpoint on one backend, from loading to warm captions, in a process that does nothing else.
import { readFile } from "node:fs/promises";
import { float32 } from "@glimpsejs/graph";
import { GitForCausalLM, ortNode, reference } from "glimpsejs";

/** Backends that can be measured. */
export const backendNames = ["ort-node", "reference"] as const;

/** Name of a backend that can be measured. */
export type BackendName = (typeof backendNames)[number];

/** What is to be measured. */
export interface Job {
  /** Folder of the checkpoint. */
  readonly folder: string;
  readonly threads: number;
  /** File of float32 pixel values, and their shape, [1, 3, S, S] or [1, F, 3, S, S]. */
  readonly pixels: { readonly file: string; readonly shape: readonly number[] };
  readonly prompt: readonly number[];
  /** Tokens to generate; end tokens are ignored, so that all generate as many. */
  readonly tokens: number;
  /** Beams to search with, 1 for greedy search. */
  readonly beams: number;
  /** Warm repetitions, of which the median counts. */
  readonly runs: number;
}

/** What was measured; times in milliseconds. */
export interface Measurement {
  /** Until the model can be called. */
  readonly load: number;
  /** The image encoder alone, warm. */
  readonly encode: number;
  /** The first caption after loading: encoder, prompt and all tokens. */
  readonly first: number;
  /** The same, warm. */
  readonly warm: number;
  /** Processor time by wall time of the warm captions: how many cores the process really got. */
  readonly cores: number;
  /** One token after the first, warm; null when there is only one. */
  readonly perToken: number | null;
  /** Largest resident memory of the process in bytes, the runtime's own included. */
  readonly peakRss: number;
  /** Prompt and generated ids of the first caption. */
  readonly ids: readonly number[];
}

/** Measures `job` on a backend. The peak of memory is the whole process's, so do it once per process. */
export async function measure(job: Job, backend: BackendName): Promise<Measurement> {
  const plugin = backend === "reference" ? reference() : ortNode({ threads: job.threads });
  const bytes = await readFile(job.pixels.file);
  const pixelValues = float32(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4), job.pixels.shape);
  const { folder, prompt, tokens: maxNewTokens, beams: numBeams, runs } = job;
  const call = { pixelValues, inputIds: [prompt], maxNewTokens, numBeams, eosTokenId: null };

  const start = performance.now();
  await using model = await GitForCausalLM.fromPretrained(folder, { backend: plugin });
  const load = performance.now() - start;
  const first = await timed(() => model.generate(call));
  const before = process.cpuUsage();
  const warm = await times(runs, () => model.generate(call));
  const used = process.cpuUsage(before);
  const encode = await times(runs, async () => (await model.encode(pixelValues)).dispose());
  const perToken: number[] = [];
  for (let run = 0; run < runs; run++) {
    let last: number | undefined;
    for await (const _ of model.generateSteps(call)) {
      const now = performance.now();
      if (last !== undefined) perToken.push(now - last);
      last = now;
    }
  }
  return {
    load,
    encode: median(encode),
    first: first.ms,
    warm: median(warm),
    cores: (used.user + used.system) / 1000 / warm.reduce((sum, ms) => sum + ms, 0),
    perToken: perToken.length === 0 ? null : median(perToken),
    peakRss: process.resourceUsage().maxRSS * 1024,
    ids: first.result.sequences[0] ?? [],
  };
}

/** The middle of `values`, the mean of the two in the middle if their number is even; NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

async function timed<T>(run: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const start = performance.now();
  const result = await run();
  return { ms: performance.now() - start, result };
}

async function times(count: number, run: () => Promise<unknown>): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < count; i++) all.push((await timed(run)).ms);
  return all;
}
