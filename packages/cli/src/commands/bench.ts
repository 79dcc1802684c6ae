// `glimpse bench`: how long a caption takes on a backend, and with --profile where the time goes.
import { UsageError } from "../arguments.ts";
import type { CliHost, DispatchTime } from "../host.ts";
import { sourceOf } from "../operands.ts";
import type { Call, Command } from "../options.ts";
import { openSession, taskOptions } from "../session.ts";
import { duration, jsonLines, line, plural, tenths } from "../text.ts";

/** Times a backend. */
export const bench: Command = {
  name: "bench",
  operands: "<picture>",
  arity: [1, 1],
  about: "time a caption, and with --profile every kernel",
  details:
    "Captions the picture several times, after one that does not count, and prints the medians of encoding it and of " +
    "writing a token. --profile asks the GPU for the time of every kernel of one more caption and prints a table by op, " +
    "with GFLOP/s (operations of the definition) and GB/s (each buffer that is bound counted once, so an upper bound). " +
    "It needs --backend webgpu and a GPU with timestamp queries.",
  options: ["model", "backend", "dtype", "threads", "max-new-tokens", "profile", "json"],
  examples: ["glimpse bench photo.jpg", "glimpse bench photo.jpg --backend webgpu --profile"],
  run,
};

const rounds = 5;

async function run({ operands: [file = ""], options }: Call, host: CliHost): Promise<number> {
  const { stdout, backends } = host;
  const profiled = options.profile ? backends.find(({ name }) => name === options.backend)?.profiled?.() : undefined;
  if (options.profile && profiled === undefined) {
    throw new UsageError({ subject: "--profile", problem: "only --backend webgpu can time its kernels" }, bench);
  }
  const measured =
    profiled === undefined
      ? host
      : { ...host, backends: [{ ...profiled, about: "", takesThreads: false, plugin: () => profiled.plugin }] };
  const { git } = await openSession(options, [file], measured);
  try {
    const task = taskOptions(options, host);
    const source = await sourceOf(file, host);
    const times: { readonly encodeMs: number; readonly tokenMs: number; readonly tokens: number }[] = [];
    for (let round = 0; round <= rounds; round++) {
      await profiled?.times();
      const start = host.now();
      using trunk = await git.encode(source, { signal: host.signal });
      // Its keys and values are made by the first decoder run, so a first token is part of encoding.
      await git.caption(trunk, { ...task, maxNewTokens: 1 });
      const encoded = host.now();
      const { tokens } = await git.caption(trunk, task);
      times.push({
        encodeMs: encoded - start,
        tokenMs: (host.now() - encoded) / tokens.length,
        tokens: tokens.length,
      });
    }
    const counted = times.slice(1);
    const [encodeMs, tokenMs] = [median(counted.map((t) => t.encodeMs)), median(counted.map((t) => t.tokenMs))];
    const rows = byOp((await profiled?.times()) ?? []);
    if (options.json) {
      const result = { file, encodeMs: tenths(encodeMs), tokenMs: tenths(tokenMs), tokens: counted[0]?.tokens ?? 0 };
      line(stdout, jsonLines([options.profile ? { ...result, kernels: rows } : result]));
      return 0;
    }
    line(
      stdout,
      `encode ${duration(encodeMs)}, then ${duration(tokenMs)} a token (${plural(counted[0]?.tokens ?? 0, "token")})`,
    );
    if (options.profile) {
      line(stdout);
      for (const text of table(rows)) line(stdout, text);
    }
    return 0;
  } finally {
    await git.dispose();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** The kernels of one op in one graph, together. */
export interface OpTimes {
  readonly graph: string;
  readonly op: string;
  readonly dispatches: number;
  readonly milliseconds: number;
  /** Of all dispatches. */
  readonly share: number;
  readonly gigaflops: number;
  readonly gigabytes: number;
}

/** Times by graph and op, the longest first; gigaflops and gigabytes are per second. */
export function byOp(times: readonly DispatchTime[]): readonly OpTimes[] {
  const total = times.reduce((sum, { nanoseconds }) => sum + nanoseconds, 0);
  const groups = new Map<string, DispatchTime[]>();
  for (const time of times) {
    const key = `${time.graph} ${time.op}`;
    groups.set(key, [...(groups.get(key) ?? []), time]);
  }
  const rows = [...groups.values()].map((group): OpTimes => {
    const sum = (value: (time: DispatchTime) => number) => group.reduce((all, time) => all + value(time), 0);
    const nanoseconds = sum((time) => time.nanoseconds);
    const { graph = "", op = "" } = group[0] ?? {};
    return {
      graph,
      op,
      dispatches: group.length,
      milliseconds: nanoseconds / 1e6,
      share: nanoseconds / total,
      gigaflops: sum((time) => time.flops) / nanoseconds,
      gigabytes: sum((time) => time.bytes) / nanoseconds,
    };
  });
  return rows.toSorted((a, b) => b.milliseconds - a.milliseconds);
}

function table(rows: readonly OpTimes[]): readonly string[] {
  const cells = [
    ["graph", "op", "dispatches", "ms", "share", "GFLOP/s", "GB/s"],
    ...rows.map(({ graph, op, dispatches, milliseconds, share, gigaflops, gigabytes }) => [
      ...[graph, op, `${dispatches}`, milliseconds.toFixed(3), `${(100 * share).toFixed(1)} %`],
      ...[gigaflops.toFixed(1), gigabytes.toFixed(1)],
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
