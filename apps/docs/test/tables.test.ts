// Tables of the guides stand between `<!-- table: name -->` and `<!-- end -->` and are written from the code, so that no
// number in them is typed by hand: `npm run docs:tables` writes them, and without it a table out of date fails here.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { benchTables, costTable } from "./bench-table.ts";
import { checkpointTable } from "./checkpoint-table.ts";
import { errorList } from "./error-list.ts";
import { printed, step, vision } from "./graphs.ts";
import { refusedTable } from "./refused-table.ts";
import { webGpuBench, webGpuCounts } from "./webgpu-table.ts";

const folder = new URL("../../../docs/", import.meta.url);
/** By name; each is given the text that stands there. */
const tables: Readonly<Record<string, (current: string) => string>> = {
  bench: benchTables,
  costs: costTable,
  checkpoints: checkpointTable,
  errors: errorList,
  refused: refusedTable,
  "webgpu-bench": webGpuBench,
  "webgpu-counts": webGpuCounts,
  graph: () => `\`\`\`text\n${printed(vision)}\n\n${printed(step)}\n\`\`\``,
};
const guides = readdirSync(folder).filter((file) => file.endsWith(".md"));

test.each(guides)("the tables of %s are what the code says", async (file) => {
  const path = new URL(file, folder);
  const text = readFileSync(path, "utf8").replace(
    /(<!-- table: ([\w-]+) -->\n)([\s\S]*?)(<!-- end -->)/g,
    (_, start: string, name: string, current: string, end: string) => `${start}${tableOf(name, current)}\n${end}`,
  );
  await expect(text).toMatchFileSnapshot(path.pathname);
});

function tableOf(name: string, current: string): string {
  const table = Object.hasOwn(tables, name) ? tables[name] : undefined;
  if (table === undefined) throw new Error(`tables: nothing writes "${name}".`);
  return table(current);
}
