// How the playground looks and reads to everybody: accessibility by axe, 360 pixels of width, sizes of what is downloaded.
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { AxeResults } from "axe-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { finishedCaption, Playground, shiftSum } from "./page.ts";

let playground: Playground;
let axe: string;

beforeAll(async () => {
  playground = await Playground.start();
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
}, 60_000);

afterAll(() => playground?.stop());

const views = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 900 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  // With the longest name of a backend in the heading.
  { name: "narrow", colorScheme: "light", viewport: { width: 360, height: 780 }, fragment: "#backend=ort-wasm" },
] as const;

test.for(views)("axe finds nothing in any state: $name", async ({ name, ...view }) => {
  const { page, close, layoutShifts } = await playground.open({
    ...view,
    serviceWorkers: "block",
    reducedMotion: "reduce",
  });
  try {
    await finishedCaption(page);
    await page.evaluate(axe);
    const check = async (state: string) => {
      const violations = await page.evaluate(async () => {
        const results: AxeResults = await Reflect.get(globalThis, "axe").run();
        return results.violations.map(
          ({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((n) => n.target).join(", ")}`,
        );
      });
      expect(violations, `${name}, ${state}`).toEqual([]);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width, `width of ${name}, ${state}`).toBeLessThanOrEqual(view.viewport.width);
    };
    await check("captioned");
    await page.locator(".suggestions button").first().click();
    await page.locator(".answer button.word").first().click();
    await page.locator(".heat").waitFor();
    await check("a word looked at");
    await page.click("#tab-model");
    await check("model");
    await page.click("#tab-beams");
    await page.getByRole("button", { name: "Grow the tree" }).click();
    await page.locator(".beam-texts li").first().waitFor();
    await check("beams");
    await page.click("#tab-bench");
    await check("bench");
    await page.getByRole("button", { name: /^Take .* away$/ }).click();
    await check("empty");
    const shifts = await layoutShifts();
    expect(shiftSum(shifts), `${name}: ${shifts.join("; ")}`).toBeLessThan(0.005);
  } finally {
    await close();
  }
});

test("what is downloaded stays small", async () => {
  const folder = path.join(playground.folder, "assets");
  const gzipped = async (pattern: RegExp) => {
    const files = (await readdir(folder)).filter((file) => pattern.test(file));
    const sizes = await Promise.all(
      files.map(async (file) => gzipSync(await readFile(path.join(folder, file))).length),
    );
    return sizes.reduce((sum, size) => sum + size, 0) / 1000;
  };
  expect(await gzipped(/^index-.*\.js$/)).toBeLessThan(25);
  expect(await gzipped(/^index-.*\.css$/)).toBeLessThan(6);
  // Core, three backends and clips; the runtimes and mediabunny are fetched when they are first needed.
  expect(await gzipped(/^worker-.*\.js$/)).toBeLessThan(145);
});
