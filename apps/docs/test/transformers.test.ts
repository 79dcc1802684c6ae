// docs/transformers.md against docs/data/transformers-arguments.json, which holds every parameter of the calls of
// transformers 5.18, and the fields of the configurations and of the keyword arguments behind them: each has its row.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const docs = new URL("../../../docs/", import.meta.url);
const sections = readFileSync(new URL("transformers.md", docs), "utf8").split(/(?=^## )/m);
const { source, ...calls } = JSON.parse(
  readFileSync(new URL("data/transformers-arguments.json", docs), "utf8"),
) as Readonly<Record<string, readonly string[]>> & { readonly source: string };

test("the list was taken from the version that is the reference", () => {
  expect(source).toMatch(/^transformers 5\.18\./);
  expect(Object.keys(calls)).toHaveLength(6);
});

test.each(Object.entries(calls))("every argument of %s has its row", (call, names) => {
  const section = sections.find((text) => text.slice(0, text.indexOf("\n")).includes(call)) ?? "";
  const spelled = [...section.matchAll(/^\|([^|]*)\|/gm)].flatMap(([, cell = ""]) => cell.match(/\w+/g) ?? []);
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => !spelled.includes(name))).toEqual([]);
});
