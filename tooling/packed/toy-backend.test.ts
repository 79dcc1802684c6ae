// docs/writing-a-backend.md, followed to the letter in an empty folder: every file is a block of the guide, every command
// is run where it stands, and says what the guide says it would.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, inject, test } from "vitest";
import { blocksOf, newcomer, type Ran, remove, shell, write } from "./guide.ts";

const home = mkdtempSync(path.join(os.tmpdir(), "glimpse-toy-"));
const folder = path.join(home, "toy-backend");
mkdirSync(folder);
afterAll(() => remove(home));

test("the toy backend passes the conformance suite, as the guide has it", { timeout: 480_000 }, async () => {
  const env = newcomer(home, inject("registry"));
  const runs: Ran[] = [];
  for (const block of blocksOf("writing-a-backend.md")) {
    write(folder, block);
    if (block.language === "sh") runs.push(await shell(folder, block.text, env));
  }
  const [install, first, last] = runs;
  expect(runs).toHaveLength(3);
  expect(install).toMatchObject({ code: 0 });
  // The first run: the test stands, and its backend does not.
  expect(first?.code).toBe(1);
  expect(first?.output).toContain("toy-backend.ts");
  expect(last?.output).toMatch(/Tests +\d+ passed \(\d+\)/);
  expect(last).toMatchObject({ code: 0 });
});

test("what the guide leaves out in its example of a skip is left out by name, and nothing else", {
  timeout: 240_000,
}, async () => {
  const blocks = blocksOf("writing-a-backend.md");
  const skipping = blocks.find(({ title, text }) => title === undefined && text.includes("skip:"))?.text ?? "";
  expect(skipping).toMatch(/^testBackend\(/);
  const whole = blocks.find(({ title }) => title === "toy-backend.test.ts")?.text ?? "";
  writeFileSync(path.join(folder, "toy-backend.test.ts"), whole.replace(/^testBackend\(.*$/m, skipping));
  const { code, output } = await shell(folder, "npx vitest run", newcomer(home, inject("registry")));
  expect(output).toContain("no integer arithmetic");
  expect(output).toMatch(/Tests +\d+ passed \| \d+ skipped/);
  expect(code).toBe(0);
});

test("a broken kernel is found, and named", { timeout: 240_000 }, async () => {
  const parts = blocksOf("writing-a-backend.md").filter(({ title }) => title === "toy-backend.ts");
  const source = parts.map(({ text }) => text).join("");
  expect(source).toContain("sum += (a[");
  writeFileSync(path.join(folder, "toy-backend.ts"), source.replace("sum += (a[", "sum -= (a["));
  const { code, output } = await shell(folder, "npx vitest run", newcomer(home, inject("registry")));
  expect(code).toBe(1);
  expect(output).toContain("linear equals the reference");
});
