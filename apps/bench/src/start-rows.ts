// Starting and its memory in rows of text, the first of which are heads: the same for the table and for the page. Columns in which
// no runner has anything are left out, as are those that older results lack.
import type { BenchResult, RunnerResult } from "./result.ts";

/** Heads, then a row for every runner. */
type Rows = readonly (readonly string[])[];

const nothing = "–";

/** The first start, and what memory it takes. */
export function startRows({ runners, model }: BenchResult): Rows {
  const columns: Readonly<Record<string, (r: RunnerResult) => string>> = {
    load: (r) => ms(r.load),
    "first caption": (r) => ms(r.first),
    "memory then": (r) => megabytes(r.firstRss),
    "of its weights": (r) => times(r.firstRss, r.weightBytes),
    "without Node and runtime": (r) => times(r.baseRss && r.firstRss - r.baseRss, r.weightBytes),
    "at the end": (r) => megabytes(r.peakRss),
    "of fp32 weights": (r) => (r.weightBytes === undefined ? times(r.peakRss, model.weightBytes) : nothing),
  };
  const filled = Object.entries(columns).filter(([, cell]) => runners.some((r) => cell(r) !== nothing));
  return [["", ...filled.map(([head]) => head)], ...runners.map((r) => [r.name, ...filled.map(([, cell]) => cell(r))])];
}

/** Later starts, in the middle; no rows where there were none. */
export function secondStartRows({ runners }: BenchResult): Rows {
  const rows = runners.flatMap(({ name, secondStart }) => {
    if (secondStart === undefined) return [];
    const { load, first, total, ofWarmAndFile } = secondStart;
    return [[name, ms(load.median), ms(first.median), ms(total.median), times(ofWarmAndFile, 1)]];
  });
  return rows.length === 0 ? [] : [["second start", "load", "first caption", "total", "of warm + file"], ...rows];
}

/** What was measured of the machine. */
export function rateText({ gemm, memory, read }: NonNullable<BenchResult["machine"]["rates"]>): string {
  const file = read === undefined ? "" : `, ${(read / 1e9).toFixed(1)} GB/s from a file`;
  return `${(gemm / 1e9).toFixed(0)} GFLOP/s, ${(memory / 1e9).toFixed(1)} GB/s${file}`;
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function times(value: number | undefined, unit: number | undefined): string {
  return value === undefined || unit === undefined ? nothing : `${(value / unit).toFixed(2)}×`;
}
