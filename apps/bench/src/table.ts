// The result as aligned plain text.
import { type BenchResult, machineName, type ScenarioResult, scenarioNames } from "./result.ts";
import { rateText, secondStartRows, startRows } from "./start-rows.ts";

/** Tables of a result: one line a runner and scenario, then what could not be printed. */
export function tables(result: BenchResult): string {
  const { machine, model, runners } = result;
  const { rates } = machine;
  const head = [
    `${model.name}, ${result.tokens} tokens, median of ${result.rounds} rounds (and ends), on ${machineName(machine)}`,
    ...(rates === undefined ? [] : [`measured rates: ${rateText(rates)}`]),
  ];
  const scenarios = scenarioNames.flatMap((name) => {
    const rows = runners.flatMap((r) => {
      const s = r.scenarios[name];
      return s === undefined ? [] : [[r.name, ...cells(s)]];
    });
    if (rows.length === 0) return [];
    const heading = [
      name,
      "time",
      "",
      "cores",
      "token",
      "host/step",
      "host/token",
      "same ids",
      "of roofline",
      "vs peer",
    ];
    return [aligned([heading, ...rows])];
  });
  const growth = result.growth.map(
    ({ name, runner, points }) => `${runner} by ${name}: ${points.map((p) => `${p.x}: ${ms(p.ms)}`).join(", ")}`,
  );
  return [
    head.join("\n"),
    aligned(startRows(result)),
    aligned(secondStartRows(result)),
    ...scenarios,
    growth.join("\n"),
    throughput(result),
    others(result),
    result.notes.join("\n"),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function throughput({ throughput: all = [] }: BenchResult): string {
  const [first] = all;
  if (first === undefined) return "";
  const heading = ["captionAll, by batch size", ...first.points.map(({ batchSize }) => String(batchSize))];
  const rows = all.map((t) => [t.runner, ...t.points.map((p) => `${p.imagesPerSecond.toFixed(2)} images/s`)]);
  return aligned([heading, ...rows]);
}

function others({ others: all = [] }: BenchResult): string {
  if (all.length === 0) return "";
  const rows = all.map((o) => [o.name, ms(o.load), ms(o.first), o.ms === undefined ? "–" : ms(o.ms.median)]);
  return aligned([["another model, so no ratio", "load", "first caption", "caption"], ...rows]);
}

function cells(s: ScenarioResult): readonly string[] {
  return [
    s.ms === undefined ? "–" : ms(s.ms.median),
    s.ms === undefined ? "" : `${s.ms.min.toFixed(0)}–${s.ms.max.toFixed(0)}`,
    s.cores.toFixed(2),
    s.perToken === undefined ? "–" : ms(s.perToken.median, 1),
    s.hostPerToken === undefined ? "–" : ms(s.hostPerToken, 2),
    s.hostPerTokenOfAll === undefined ? "–" : ms(s.hostPerTokenOfAll, 2),
    percent(s.agreement),
    s.rooflineShare === undefined ? "–" : percent(s.rooflineShare),
    s.speedup === undefined ? "–" : times(s.speedup),
  ];
}

function aligned(lines: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...lines.map((line) => line.length));
  const widths = Array.from({ length: columns }, (_, c) => Math.max(...lines.map((line) => (line[c] ?? "").length)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function ms(value: number, digits = 0): string {
  return `${value.toFixed(digits)} ms`;
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)}×`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
