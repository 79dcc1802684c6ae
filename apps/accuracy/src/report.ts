// The measurements as one JSON file, which further runs add to, and as tables in a page of the documentation.
import { readFile, writeFile } from "node:fs/promises";
import type { Agreement } from "./agreement.ts";
import type { LogitError } from "./logits.ts";
import type { GroupCost } from "./sensitivity.ts";

/** Everything that was measured. Keys are "backend dtype", and "checkpoint backend dtype". */
export interface Report {
  readonly scenes: Readonly<Record<string, Agreement>>;
  readonly logits: Readonly<Record<string, LogitError & { readonly sameTokens?: number }>>;
  readonly sensitivity: readonly GroupCost[];
}

const nothing: Report = { scenes: {}, logits: {}, sensitivity: [] };

/** Reads a report; an empty one where there is no file. */
export async function readReport(file: string): Promise<Report> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? nothing : { ...nothing, ...JSON.parse(text) };
}

/** Lays what was measured now over what a file holds. */
export async function addToReport(file: string, measured: Partial<Report>): Promise<void> {
  const old = await readReport(file);
  const report: Report = {
    scenes: { ...old.scenes, ...measured.scenes },
    logits: { ...old.logits, ...measured.logits },
    sensitivity: measured.sensitivity ?? old.sensitivity,
  };
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
}

/** Puts the tables of a report into a page, each between `<!-- accuracy: name -->` and `<!-- end -->`. */
export async function writeTables(report: Report, page: string): Promise<void> {
  const text = await readFile(page, "utf8");
  const tables: Readonly<Record<string, string>> = {
    scenes: sceneTable(report),
    logits: logitTable(report),
    sensitivity: sensitivityTable(report),
  };
  const written = text.replace(/(<!-- accuracy: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g, (whole, start, name, end) => {
    const table = tables[name];
    return table === undefined ? whole : `${start}${table}\n${end}`;
  });
  await writeFile(page, written);
}

function sceneTable({ scenes }: Report): string {
  const rows = Object.entries(scenes).map(([key, a]) => [
    ...key.split(" "),
    percent(a.captions),
    percent(a.answers),
    ...(key.endsWith("fp32") ? ["", "", ""] : [percent(a.tokens, 2), percent(a.texts, 2), `${a.lost} / ${a.gained}`]),
  ]);
  const heads = ["backend", "dtype", "captions right", "answers right", "same tokens", "same texts", "lost / gained"];
  const [first] = Object.values(scenes);
  return `${markdown(heads, rows)}\n\n${first?.scenes ?? 0} scenes.`;
}

function logitTable({ logits }: Report): string {
  const rows = Object.entries(logits).map(([key, e]) => [
    ...key.split(" "),
    `${((100 * e.rms) / e.spread).toFixed(2)} %`,
    e.largest.toFixed(3),
    e.divergence.toExponential(1),
    percent(e.sameBest),
  ]);
  const heads = ["checkpoint", "backend", "dtype", "error", "largest", "KL, nats", "same best token"];
  return markdown(heads, rows);
}

function sensitivityTable({ sensitivity }: Report): string {
  const groups = [...new Set(sensitivity.map(({ group }) => group))];
  const rows = groups.map((group) => {
    const of = (bits: number) => sensitivity.find((cost) => cost.group === group && cost.bits === bits)?.error;
    const cells = [8, 4].flatMap((bits) => {
      const error = of(bits);
      return error === undefined ? ["", ""] : [error.divergence.toExponential(1), percent(error.sameBest)];
    });
    return [group, ...cells];
  });
  return markdown(["quantized alone", "8 bits: KL", "same best", "4 bits: KL", "same best"], rows);
}

function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

function markdown(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}
