// Tables and charts of what the bench measured, one for each result that is kept in apps/bench/results.
import { readdirSync, readFileSync } from "node:fs";
import { type PresetName, presetConfig, presetNames } from "@glimpsejs/config";
import { type BenchResult, machineName, type RunnerResult, type ScenarioName } from "../../bench/src/result.ts";
import { drawBars } from "./draw.ts";

const folder = new URL("../../bench/results/", import.meta.url);
const columns: readonly (readonly [ScenarioName, string])[] = [
  ["encode", "encode"],
  ["caption", "20 tokens"],
  ["beam4", "4 beams"],
  ["questions10", "10 questions"],
  ["batch8", "8 pictures"],
];

/** Every result, with the name of its file. */
const results = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => ({
    name: file.replace(/\.json$/, ""),
    result: JSON.parse(readFileSync(new URL(file, folder), "utf8")) as BenchResult,
  }))
  .filter(({ result }) => Array.isArray(result.runners))
  // Those of everything come first, then those of some scenarios.
  .sort((a, b) => b.result.growth.length - a.result.growth.length);

/** All tables as Markdown, each under the machine it was measured on, with its charts. */
export function benchTables(): string {
  return results
    .map(({ name, result }) => {
      const charts = Object.entries(chartsOf(result)).map(([kind]) => {
        const what = kind === "times" ? "times of each runner" : "how the time of a caption grows";
        return `![${result.model.name} on ${result.machine.gpu ?? result.machine.cpu}: ${what}](drawings/bench-${slug(name)}-${kind}.svg)`;
      });
      return [tableOf(result), ...throughputOf(result), ...charts].join("\n\n");
    })
    .join("\n\n");
}

/** Name of a drawing to how it is drawn, for every result. */
export function benchDrawings(): Readonly<Record<string, () => string>> {
  return Object.fromEntries(
    results.flatMap(({ name, result }) =>
      Object.entries(chartsOf(result)).map(([kind, draw]) => [`bench-${slug(name)}-${kind}`, draw]),
    ),
  );
}

/** What was measured, by what computes the same: memory, and the time of a caption. */
export function costTable(): string {
  const rows = sameShapes().flatMap((names) => {
    const first = `| ${names.map((name) => `\`${name}\``).join(", ")}`;
    const measured = results.filter(({ result: { model } }) => names.some((name) => model.name === synthetic(name)));
    if (measured.length === 0) return [`${first} | not measured |${" – |".repeat(6)}`];
    return measured.flatMap(({ result: { machine, runners } }) =>
      runners
        .filter(({ kind }) => kind === "glimpse")
        .map(({ backend, dtype, load, first: firstTime, firstRss, peakRss, scenarios }) => {
          const caption = scenarios.caption?.ms;
          const time = caption === undefined ? "–" : `${caption.median.toFixed(0)} ms`;
          const place = machineName(machine);
          return `${first} | \`${backend}\` | \`${dtype}\` | ${time} | ${(load + firstTime).toFixed(0)} ms | ${megabytes(firstRss)} | ${megabytes(peakRss)} | ${place} |`;
        }),
    );
  });
  const head = [
    "| checkpoints | backend | dtype | a caption of 20 tokens | the first, with loading | memory at the first | the most, of all that was measured | on |",
    `|${" --- |".repeat(8)}`,
  ];
  return [...head, ...rows].join("\n");
}

/** The published checkpoints in groups of which each member computes the same, with other weights. */
function sameShapes(): readonly (readonly PresetName[])[] {
  const groups = new Map<string, PresetName[]>();
  for (const name of presetNames) {
    const shapes = JSON.stringify(presetConfig(name));
    groups.set(shapes, [...(groups.get(shapes) ?? []), name]);
  }
  return [...groups.values()];
}

function synthetic(name: PresetName): string {
  return `${name}, synthetic weights`;
}

function chartsOf(result: BenchResult): Readonly<Record<string, () => string>> {
  const { model, machine, runners, growth } = result;
  const where = `${model.name}, ${machineName(machine)}`;
  const times = () =>
    drawBars(
      `${where}: milliseconds, less is better`,
      columns
        .map(([scenario, title]) => ({
          title,
          bars: runners.flatMap(({ name, scenarios }) => {
            const ms = scenarios[scenario]?.ms?.median;
            return ms === undefined ? [] : [{ name, value: ms, shown: `${ms.toFixed(0)} ms` }];
          }),
        }))
        .filter(({ bars }) => bars.length > 0),
    );
  const grows = () =>
    drawBars(
      `${where}: milliseconds of a caption`,
      growth.map(({ name, runner, points }) => ({
        title: `${name}, ${runner}`,
        bars: points.map(({ x, ms }) => ({ name: String(x), value: ms, shown: `${ms.toFixed(0)} ms` })),
      })),
    );
  return growth.length === 0 ? { times } : { times, growth: grows };
}

function slug(name: string): string {
  return name.replace(/[^\w-]/g, "-");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function tableOf({ machine, model, date, rounds, threads, runners }: BenchResult): string {
  const share = threads === undefined ? "" : ` (${threads} ${threads === 1 ? "thread" : "threads"})`;
  const times = rounds === 1 ? "measured once" : `medians of ${rounds} rounds`;
  const title = `**${model.name}**, ${machineName(machine)}${share}, Node ${machine.node.replace("v", "")}, ${date.slice(0, 10)}; ${times}, all runners in turn.`;
  const head = `| runner | ${columns.map(([, title]) => title).join(" | ")} | first caption after | memory at the first |`;
  return [title, "", head, `|${" --- |".repeat(columns.length + 3)}`, ...runners.map((runner) => rowOf(runner))].join(
    "\n",
  );
}

/** Pictures a second of captionAll() by batch size, where that was measured. */
function throughputOf({ throughput: [first, ...others] = [] }: BenchResult): readonly string[] {
  if (first === undefined) return [];
  const sizes = first.points.map(({ batchSize }) => `${batchSize} at once`);
  const rows = [first, ...others].map(
    ({ runner, points }) => `| ${runner} | ${points.map((p) => p.imagesPerSecond.toFixed(2)).join(" | ")} |`,
  );
  const head = `| images/s of captionAll() | ${sizes.join(" | ")} |`;
  return [[head, `|${" --- |".repeat(sizes.length + 1)}`, ...rows].join("\n")];
}

function rowOf(runner: RunnerResult): string {
  const cells = columns.map(([name]) => {
    const { ms, speedup } = runner.scenarios[name] ?? {};
    if (ms === undefined) return "–";
    const ratio = runner.kind === "peer" || speedup === undefined ? "" : ` (${speedup.toFixed(1)}×)`;
    return `${ms.median.toFixed(0)} ms${ratio}`;
  });
  const first = `${(runner.load + runner.first).toFixed(0)} ms`;
  return `| ${runner.name} | ${cells.join(" | ")} | ${first} | ${megabytes(runner.firstRss)} |`;
}
