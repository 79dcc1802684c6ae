// The result as aligned plain text.
import type { Measurement } from "./measure.ts";

/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly measurement: Measurement;
}

const headings = [
  "",
  "load",
  "encode",
  "first",
  "warm",
  "cores",
  "per token",
  "peak RSS",
  "of weights",
  "vs PyTorch",
] as const;

/**
 * Below this share of its threads a process was kept from computing, and its times say more about what else ran: two
 * such runs have shown ratios of 10 where 1.4 was true.
 */
const leastShare = 0.8;

/**
 * A table of `rows`: times, memory also as a multiple of `weightBytes`, and how many times as fast a warm caption is as
 * the peer's, where there is one and both had `threads` cores to themselves.
 */
export function table(
  rows: readonly Row[],
  weightBytes: number,
  peer: Measurement | undefined,
  threads: number,
): string {
  const cells = rows.map(({ name, measurement: m }) => [
    name,
    milliseconds(m.load, 0),
    milliseconds(m.encode, 0),
    milliseconds(m.first, 0),
    milliseconds(m.warm, 0),
    m.cores.toFixed(2),
    milliseconds(m.perToken, 1),
    `${Math.round(m.peakRss / 1e6)} MB`,
    `${(m.peakRss / weightBytes).toFixed(2)}×`,
    peer === undefined
      ? ""
      : isQuiet(m, threads) && isQuiet(peer, threads)
        ? `${(peer.warm / m.warm).toFixed(2)}×`
        : "–",
  ]);
  const lines = [headings, ...cells];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The names of rows that did not have `threads` cores to themselves. */
export function starved(rows: readonly Row[], threads: number): readonly string[] {
  return rows.filter((row) => !isQuiet(row.measurement, threads)).map((row) => row.name);
}

function isQuiet({ cores }: Measurement, threads: number): boolean {
  return cores >= leastShare * threads;
}

function milliseconds(value: number | null, digits: number): string {
  return value === null ? "–" : `${value.toFixed(digits)} ms`;
}
