// Every example of the guides, run in Node: what it prints is what the site shows under it. And every option of a search
// is in one.
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { optionNames } from "../../../packages/core/src/generation/options.ts";
import { taskOptionNames } from "../../../packages/core/src/tasks.ts";
import { parts } from "../src/format.ts";

const folder = new URL("../../../docs/examples/", import.meta.url);
const examples = readdirSync(folder).filter((file) => file.endsWith(".js") && file !== "samples.js");

afterEach(() => {
  vi.restoreAllMocks();
});

// The first of them waits until all sources are transformed.
test.each(examples)("%s prints what the site shows", { timeout: 120_000 }, async (file) => {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((...values: readonly unknown[]) => {
    const { text } = parts(values);
    if (text !== undefined) lines.push(text);
  });
  await import(new URL(file, folder).href);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(
    new URL(`output/${file.replace(/\.js$/, ".txt")}`, folder).pathname,
  );
});

/** Options that no example shows, and why. */
const withoutExample: Readonly<Record<string, string>> = {
  maxTime: "where it stops depends on the machine",
  useCache: "changes only the time",
  runAhead: "changes only the time, and on a GPU",
  removeInvalidValues: "the demo checkpoint has no such values",
  decode: "caption() and answer() bring their own, for stopStrings",
};

test("every option of a search is in an example, or on the list of those that cannot show anything", () => {
  const code = examples.map((file) => readFileSync(new URL(file, folder), "utf8").replace(/^\/\/.*/, "")).join("\n");
  const shown = (name: string) => new RegExp(`[{,]\\s*${name}\\b`).test(code);
  const names = [...new Set([...optionNames, ...taskOptionNames])];
  expect(names.filter((name) => !shown(name)).toSorted()).toEqual(Object.keys(withoutExample).toSorted());
});
