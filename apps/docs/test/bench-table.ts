// Tables of what the bench measured, one for each result that is kept in apps/bench/results.
import { readdirSync, readFileSync } from "node:fs";
import type { BenchResult, RunnerResult, ScenarioName } from "../../bench/src/result.ts";

const folder = new URL("../../bench/results/", import.meta.url);
const columns: readonly (readonly [ScenarioName, string])[] = [
  ["encode", "encode"],
  ["caption", "20 tokens"],
  ["beam4", "4 beams"],
  ["questions10", "10 questions"],
  ["batch8", "8 pictures"],
];

/** All tables as Markdown, each under the machine it was measured on. */
export function benchTables(): string {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  return files
    .map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as BenchResult)
    .map(tableOf)
    .join("\n\n");
}

function tableOf({ machine, model, date, rounds, runners }: BenchResult): string {
  const title = `**${model.name}**, ${machine.cpu}, ${machine.cores} cores, Node ${machine.node.replace("v", "")}, ${date.slice(0, 10)}; medians of ${rounds} rounds, all runners in turn.`;
  const head = `| runner | ${columns.map(([, title]) => title).join(" | ")} | first caption after | memory at the first |`;
  return [title, "", head, `|${" --- |".repeat(columns.length + 3)}`, ...runners.map((runner) => rowOf(runner))].join(
    "\n",
  );
}

function rowOf(runner: RunnerResult): string {
  const cells = columns.map(([name]) => {
    const { ms, speedup } = runner.scenarios[name] ?? {};
    if (ms === undefined) return "–";
    const ratio = runner.kind === "peer" || speedup === undefined ? "" : ` (${speedup.toFixed(1)}×)`;
    return `${ms.median.toFixed(0)} ms${ratio}`;
  });
  const first = `${(runner.load + runner.first).toFixed(0)} ms`;
  return `| ${runner.name} | ${cells.join(" | ")} | ${first} | ${(runner.firstRss / 1e6).toFixed(0)} MB |`;
}
