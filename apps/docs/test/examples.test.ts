// Every example of the guides, run in Node: what it prints is what the site shows under it.
import { readdirSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { format } from "../src/format.ts";

const folder = new URL("../../../docs/examples/", import.meta.url);
const examples = readdirSync(folder).filter((file) => file.endsWith(".js") && file !== "samples.js");

afterEach(() => {
  vi.restoreAllMocks();
});

test.each(examples)("%s prints what the site shows", async (file) => {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((...values: readonly unknown[]) => {
    lines.push(format(values));
  });
  await import(new URL(file, folder).href);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(
    new URL(`output/${file.replace(/\.js$/, ".txt")}`, folder).pathname,
  );
});
