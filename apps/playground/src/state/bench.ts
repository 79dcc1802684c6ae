// The bench: every backend that can run here, one after the other, on the same picture, each in a worker of its own.
import { signal } from "@preact/signals";
import { isAbort, ModelClient, messageOf } from "../port/client.ts";
import type { BackendId, Dtype, Source, SubjectData } from "../port/protocol.ts";
import { backends, wantedSource } from "./choice.ts";
import { settings } from "./settings.ts";
import { subject } from "./subject.ts";
import { perToken } from "./texts.ts";

/** One row of the bench. */
export interface BenchRow {
  readonly backend: BackendId;
  readonly dtype: Dtype;
  readonly phase: "waiting" | "running" | "done" | "failed" | "skipped";
  readonly figures?: BenchFigures | undefined;
  /** Why it failed or was skipped. */
  readonly reason?: string | undefined;
}

/** What was measured, in milliseconds: medians of three captions after a first one that does not count. */
export interface BenchFigures {
  readonly load: number;
  readonly encode: number;
  readonly firstWord: number;
  readonly perToken: number;
  readonly caption: number;
}

/** The bench as it stands. */
export const bench = signal<{ readonly running: boolean; readonly rows: readonly BenchRow[] } | undefined>(undefined);

const repeats = 3;
let stop: AbortController | undefined;

/** Runs it on the picture that is shown. */
export async function runBench(): Promise<void> {
  const at = subject.value;
  const list = backends.value;
  if (at === undefined || list === undefined) return;
  stop?.abort();
  const controller = new AbortController();
  stop = controller;
  const source = wantedSource();
  const wanted = settings.value.dtype;
  let rows = list.map(({ id, unavailable, dtypes, slow, note }): BenchRow => {
    const dtype = dtypes.includes(wanted) ? wanted : (dtypes[0] ?? "fp32");
    // A GPU that the processor imitates would take minutes, and say nothing about GPUs.
    const reason = unavailable ?? (slow ? `left out: ${note}` : undefined);
    return reason === undefined
      ? { backend: id, dtype, phase: "waiting" }
      : { backend: id, dtype, phase: "skipped", reason };
  });
  const change = (i: number, row: Partial<BenchRow>) => {
    rows = rows.map((old, j) => (i === j ? { ...old, ...row } : old));
    bench.value = { running: true, rows };
  };
  bench.value = { running: true, rows };
  for (const [i, { backend, dtype, phase }] of rows.entries()) {
    if (phase === "skipped" || controller.signal.aborted) continue;
    change(i, { phase: "running" });
    try {
      const figures = await measure({ source, backend, dtype }, at, controller.signal);
      change(i, { phase: "done", figures });
    } catch (error) {
      change(i, isAbort(error) ? { phase: "waiting" } : { phase: "failed", reason: messageOf(error) });
    }
  }
  if (stop === controller) bench.value = { running: false, rows };
}

/** Stops it. */
export function stopBench(): void {
  stop?.abort();
}

async function measure(
  request: { readonly source: Source; readonly backend: BackendId; readonly dtype: Dtype },
  { kind, data }: SubjectData,
  signal: AbortSignal,
): Promise<BenchFigures> {
  const client = new ModelClient();
  signal.addEventListener("abort", () => client.close());
  try {
    const { milliseconds: load } = await client.call("load", request, { signal });
    const runs: Omit<BenchFigures, "load">[] = [];
    for (let run = 0; run <= repeats; run++) {
      const { key, milliseconds: encode, frames } = await client.call("encode", { kind, data }, { signal });
      for (const frame of frames) frame.close();
      const written = await client.call("write", { key, question: undefined }, { signal });
      await client.call("release", key);
      const { firstMilliseconds: firstWord, milliseconds } = written;
      runs.push({ encode, firstWord, perToken: perToken(written), caption: encode + milliseconds });
    }
    const [, ...counted] = runs;
    const median = (pick: (run: Omit<BenchFigures, "load">) => number) =>
      counted.map(pick).toSorted((a, b) => a - b)[Math.floor(counted.length / 2)] ?? Number.NaN;
    return {
      load,
      encode: median((run) => run.encode),
      firstWord: median((run) => run.firstWord),
      perToken: median((run) => run.perToken),
      caption: median((run) => run.caption),
    };
  } finally {
    client.close();
  }
}
