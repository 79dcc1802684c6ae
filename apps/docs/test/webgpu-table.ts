// Tables of what our WebGPU backend asks of a GPU beside the WebGPU provider of onnxruntime: what was counted in a browser, and
// what `npm run bench:webgpu` measured. Times are shown of GPUs only: those of a program that imitates one say nothing.
import { readdirSync, readFileSync } from "node:fs";
import type { WebGpuResult } from "../../bench/src/webgpu/result.ts";

const folder = new URL("../../bench/results/", import.meta.url);

/** What a test counted in a browser, where both backends call it; kept with `RECORD=webgpu-counts`. */
interface BrowserCounts {
  readonly date: string;
  readonly browser: string;
  readonly adapter: string;
  readonly model: WebGpuResult["model"];
  readonly scenarios: readonly { readonly name: string; readonly glimpse: Counted; readonly onnxruntime: Counted }[];
}

interface Counted {
  readonly dispatches: number;
  readonly bytesRead: number;
  readonly bufferBytes: number;
}

type Results = readonly (readonly [name: string, result: unknown])[];
const results: Results = readdirSync(folder)
  .filter((file) => /^webgpu-.*\.json$/.test(file))
  .sort()
  .map((file) => [file.replace(/\.json$/, ""), JSON.parse(readFileSync(new URL(file, folder), "utf8"))]);

/** The counts of the browser: dispatches, bytes read back and the most bytes of buffers of each run. */
export function webGpuCounts(): string {
  const counts = results.find(([name]) => name === "webgpu-counts")?.[1] as BrowserCounts; // written by its test
  const chrome = /Chrome\/(\d+)/.exec(counts.browser)?.[1] ?? "?";
  const head = tableHead(["run", "on", "dispatches", "bytes read back", "most bytes of buffers"]);
  const row = (run: string, side: string, { dispatches, bytesRead, bufferBytes }: Counted) =>
    `| ${run} | ${side} | ${dispatches} | ${whole(bytesRead)} | ${whole(bufferBytes)} |`;
  const rows = counts.scenarios.flatMap(({ name, glimpse, onnxruntime }) => [
    row(name, "ours", glimpse),
    row(name, "onnxruntime-web", onnxruntime),
  ]);
  return [
    `**${sizeOf(counts.model)}**, ${counts.adapter}, Chromium ${chrome}, ${counts.date.slice(0, 10)}`,
    "",
    ...head,
    ...rows,
  ].join("\n");
}

/** One table for each kept result of the bench. */
export function webGpuBench(): string {
  return results
    .filter(([name]) => name !== "webgpu-counts")
    .map(([, result]) => benchTable(result as WebGpuResult)) // written by the bench
    .join("\n\n");
}

function benchTable({ adapter, date, isSoftware, model, rounds, scenarios }: WebGpuResult): string {
  const titles = ["run", "on", "dispatches", "bytes read back"];
  const row = (run: string, side: "ours" | "onnxruntime", measured: (typeof scenarios)[number]["glimpse"]) => {
    if (typeof measured === "string") return `| ${run} | ${side} | ${measured} |${" |".repeat(isSoftware ? 1 : 2)}`;
    const { dispatches, bytesRead, milliseconds } = measured;
    const time = isSoftware ? "" : ` ${milliseconds.toFixed(2)} ms |`;
    return `| ${run} | ${side} | ${side === "ours" ? "" : "at least "}${dispatches} | ${whole(bytesRead)} |${time}`;
  };
  const rows = scenarios.flatMap(({ name, glimpse, onnxruntime }) => [
    row(name, "ours", glimpse),
    row(name, "onnxruntime", onnxruntime),
  ]);
  const times = isSoftware ? "" : `; medians of ${rounds} rounds`;
  const title = `**${sizeOf(model)}**, ${adapter}, ${date.slice(0, 10)}${times}`;
  return [title, "", ...tableHead(isSoftware ? titles : [...titles, "time"]), ...rows].join("\n");
}

function tableHead(titles: readonly string[]): readonly string[] {
  return [`| ${titles.join(" | ")} |`, `|${" --- |".repeat(titles.length)}`];
}

function sizeOf({ width, visionLayers, layers }: WebGpuResult["model"]): string {
  const isBase = width === 768 && visionLayers === 12 && layers === 6;
  const size = `${width} wide, ${visionLayers} and ${layers} layers`;
  return isBase ? `git-base (${size})` : `A GIT ${size.replace(/1 and 1 layers/, "one layer each")}`;
}

function whole(n: number): string {
  return n.toLocaleString("en");
}
