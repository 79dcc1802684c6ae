// The site as a reader meets it, in a real Chromium, below a sub-path: every example runs and prints what the tests in
// Node recorded, search finds, nothing breaks the content security policy or leaves the site, and axe has nothing to say.
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import path from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumFlags, findChromium } from "../../../tooling/browser/chromium.mjs";
import { serveFolder } from "../scripts/serve-folder.mjs";

const dist = path.resolve(import.meta.dirname, "../dist");
const outputs = path.resolve(import.meta.dirname, "../../../docs/examples/output");
const folder = path.resolve(import.meta.dirname, "../../../docs");
const axe = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const guides = readdirSync(`${dist}/guides`);
const runnable = guides.filter((name) =>
  /data-runnable/.test(readFileSync(`${dist}/guides/${name}/index.html`, "utf8")),
);

let server: Server;
let browser: Browser;
let site = "";

beforeAll(async () => {
  server = createServer(serveFolder(dist, "/sub/"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  site = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/sub/`;
  const executablePath = findChromium();
  browser = await chromium.launch({
    args: [...chromiumFlags],
    ...(executablePath === undefined ? {} : { executablePath }),
  });
});

afterAll(async () => {
  await browser.close();
  server.close();
});

/** Opens a page, and collects what it must not do. */
async function open(
  address: string | undefined,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(site))
      faults.push(`asked for ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`);
  });
  if (address !== undefined) await page.goto(site + address);
  return { page, faults };
}

test("each example of a guide that runs in browsers can be run there", () => {
  const figures = (text: string, of: RegExp) => [...text.matchAll(of)].map((match) => match[1]);
  const inBrowser = (file = "") => readFileSync(`${folder}/examples/${file}`, "utf8").startsWith("// In the browser");
  const expected = guides.map((name) => [
    name,
    figures(readFileSync(`${folder}/${name}.md`, "utf8"), /^\[[^\]]*\]\(examples\/([\w-]+\.js)\)$/gm).filter(inBrowser),
  ]);
  const found = guides.map((name) => [
    name,
    figures(readFileSync(`${dist}/guides/${name}/index.html`, "utf8"), /data-example="([^"]*)" data-runnable/g),
  ]);
  expect(found).toEqual(expected);
  const examples = readdirSync(`${folder}/examples`).filter((file) => file.endsWith(".js") && inBrowser(file));
  expect(examples.length).toBeGreaterThan(10);
  expect([...new Set(found.flatMap(([, files]) => files))].toSorted()).toEqual(examples.toSorted());
});

describe.each(runnable)("the guide %s", (guide) => {
  test("runs each of its examples, which print what they print in Node", { timeout: 120_000 }, async () => {
    const { page, faults } = await open(`guides/${guide}/`);
    const figures = page.locator("[data-runnable]");
    for (let i = 0; i < (await figures.count()); i++) {
      const figure = figures.nth(i);
      const file = (await figure.getAttribute("data-example")) ?? "";
      await figure.getByRole("button", { name: "Run" }).click();
      await expect.poll(() => figure.getAttribute("data-ran"), { timeout: 60_000 }).toBe("1");
      const printed = await figure.locator(".output > div").allTextContents();
      const recorded = readFileSync(`${outputs}/${file.replace(/\.js$/, ".txt")}`, "utf8");
      expect(`${printed.join("\n")}\n`, file).toBe(recorded);
      const pictures = await figure
        .locator(".output img")
        .evaluateAll((images) => images.map((image) => (image as HTMLImageElement).naturalWidth));
      expect(pictures, file).toEqual(file === "explain.js" ? [512] : []);
    }
    expect(faults).toEqual([]);
    await page.context().close();
  });
});

// Kilobytes of 1000 bytes as they cross the wire. The first is what stands before anything is computed; the second all of
// the code until the caption is there; the rest is the demo checkpoint and the picture.
const weights = { page: 25, code: 130, all: 8300 };
/** A guide with many examples, before any of them is run. */
const guideWeight = 25;

/** Counts what the page fetches from now on, by what the addresses look like. */
function weigh(page: Page): (of: RegExp) => Promise<number> {
  const sizes = new Map<string, Promise<number>>();
  page.context().on("requestfinished", (request) => {
    const size = request.sizes().then(({ responseBodySize }) => responseBodySize);
    sizes.set(request.url(), size);
  });
  return async (of) => {
    const counted = [...sizes].filter(([url]) => of.test(url)).map(([, size]) => size);
    return (await Promise.all(counted)).reduce((sum, size) => sum + size, 0) / 1000;
  };
}

test("a guide is light until something in it is run", { timeout: 30_000 }, async () => {
  const { page, faults } = await open(undefined);
  const kilobytes = weigh(page);
  await page.goto(`${site}guides/generation/`, { waitUntil: "networkidle" });
  const weight = await kilobytes(/./);
  expect(weight).toBeGreaterThan(5);
  expect(weight).toBeLessThan(guideWeight);
  expect(faults).toEqual([]);
  await page.context().close();
});

test("the first page is light, and its picture is captioned within ten seconds of opening it", {
  timeout: 30_000,
}, async () => {
  const { page, faults } = await open(undefined);
  const kilobytes = weigh(page);
  const start = performance.now();
  await page.goto(site);
  const atLoad = await kilobytes(/./);
  const caption = page.locator("#live-caption");
  await expect.poll(() => caption.textContent(), { timeout: 10_000 }).toContain("on a white background");
  expect(performance.now() - start).toBeLessThan(10_000);
  expect(await caption.textContent()).toBe("a light bulb to the left of a helicopter on a white background");
  const measured = { page: atLoad, code: await kilobytes(/\.(?:js|css|html)$|\/$/), all: await kilobytes(/./) };
  console.info(`first page: ${JSON.stringify(measured)} kB`);
  for (const [what, limit] of Object.entries(weights)) {
    expect(measured[what as keyof typeof weights], what).toBeLessThan(limit);
  }
  await page.getByRole("button", { name: "Sample picture 4" }).click();
  await expect.poll(() => caption.textContent(), { timeout: 10_000 }).toBe("a unicorn on a gray background");
  expect(faults).toEqual([]);
  await page.context().close();
});

test("an example can be edited, and its errors are those a reader would meet", { timeout: 60_000 }, async () => {
  const { page, faults } = await open("guides/getting-started/");
  const figure = page.locator("[data-runnable]").first();
  await figure.getByRole("button", { name: "Edit" }).click();
  const editor = figure.getByRole("textbox", { name: "Code of the example" });
  const write = async (code: string) => {
    await editor.press("ControlOrMeta+a");
    await editor.press("Delete");
    await editor.pressSequentially(code);
  };
  await write('// A "/" in code opens no search.\nconsole.log("edited", 1 + 1);');
  expect(await page.locator("dialog.finder").count()).toBe(0);
  await figure.getByRole("button", { name: "Run" }).click();
  await expect.poll(() => figure.locator(".output").textContent(), { timeout: 20_000 }).toBe("edited 2");
  await write('import { load } from "glimpsejs";\nconst git = await load();\nawait git.caption("nowhere.png");');
  await editor.press("Control+Enter");
  await expect.poll(() => figure.locator(".output .error").textContent(), { timeout: 20_000 }).toContain("nowhere.png");
  await write("this is no code");
  await editor.press("Control+Enter");
  await expect
    .poll(() => figure.locator(".output .error").textContent(), { timeout: 20_000 })
    .toMatch(/syntax|Unexpected/i);
  expect(faults.filter((fault) => !/nowhere\.png|Unexpected|404/.test(fault))).toEqual([]);
  await page.context().close();
});

/** Opens the search by its key, and types at once. */
async function look(page: Page, query: string): Promise<void> {
  await page.keyboard.press("/");
  await page.keyboard.type(query);
}

test("search finds an option by its name, by keyboard alone", { timeout: 20_000 }, async () => {
  const { page, faults } = await open("guides/getting-started/");
  await look(page, "early stopping");
  const results = page.locator("dialog.finder a");
  await expect
    .poll(() => results.allTextContents(), { timeout: 10_000 })
    .toEqual(expect.arrayContaining([expect.stringMatching(/^GenerateOptions/)]));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(/transformers|generation|GenerationConfig|TaskOptions|GenerateOptions/);
  expect(faults).toEqual([]);
  await page.context().close();
});

test("what is typed before the search is loaded is found once it is", { timeout: 20_000 }, async () => {
  const { page, faults } = await open("guides/getting-started/");
  let arrive = () => {};
  const late = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  // The code of the search and its index both take their time.
  await page.route(/\/assets\/(?:chunk-|search)/, async (route) => {
    await late;
    await route.continue();
  });
  await page.getByRole("button", { name: "Search" }).click();
  await page.keyboard.type("out-of-memory");
  expect(await page.locator("dialog.finder input").inputValue()).toBe("out-of-memory");
  expect(await page.locator("dialog.finder li").count()).toBe(0);
  arrive();
  await expect
    .poll(() => page.locator("dialog.finder a").allTextContents(), { timeout: 10_000 })
    .toEqual(expect.arrayContaining([expect.stringContaining("out-of-memory")]));
  const first = await page.locator("dialog.finder a").first().getAttribute("href");
  await page.keyboard.press("Enter");
  await page.waitForURL(new URL(first ?? "", page.url()).href);
  expect(faults).toEqual([]);
  await page.context().close();
});

test("a search that cannot be loaded says so, and tries again", { timeout: 20_000 }, async () => {
  const { page } = await open("guides/getting-started/");
  await page.route(/\/search\.json$/, (route) => route.abort());
  await look(page, "clip");
  const items = page.locator("dialog.finder li");
  await expect.poll(() => items.allTextContents()).toEqual(["The index of the search cannot be loaded."]);
  await page.unroute(/\/search\.json$/);
  await page.keyboard.type("s");
  await expect.poll(() => page.locator("dialog.finder a").count(), { timeout: 10_000 }).toBeGreaterThan(1);
  await page.context().close();
});

test.each([
  ["noRepeatNgramSize", "api/core/GenerateOptions/"],
  ["out-of-memory", "guides/errors/#out-of-memory"],
  ["loadInWorker", "api/glimpsejs/web/loadInWorker/"],
])("search for %s leads to %s", { timeout: 20_000 }, async (query, address) => {
  const { page, faults } = await open("guides/getting-started/");
  await look(page, query);
  const results = page.locator("dialog.finder a");
  await expect
    .poll(() => results.evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href)), {
      timeout: 10_000,
    })
    .toContain(site + address);
  await page.locator(`dialog.finder a[href$="${address}"]`).click();
  await page.waitForURL(site + address);
  expect(faults).toEqual([]);
  await page.context().close();
});

test("the theme button turns the theme, for the next page too", async () => {
  const { page, faults } = await open("guides/getting-started/", { colorScheme: "light" });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  const button = page.getByRole("button", { name: "Dark theme" });
  expect(await button.getAttribute("aria-pressed")).toBe("false");
  await button.click();
  expect(await button.getAttribute("aria-pressed")).toBe("true");
  await expect.poll(ground).not.toBe(light);
  const dark = await ground();
  await page.goto(`${site}guides/errors/`);
  expect(await ground()).toBe(dark);
  expect(await button.getAttribute("aria-pressed")).toBe("true");
  expect(faults).toEqual([]);
  await page.context().close();
});

test("no guide scrolls sideways on a narrow screen", { timeout: 60_000 }, async () => {
  const { page, faults } = await open(undefined, { viewport: { width: 360, height: 740 } });
  const wide: string[] = [];
  for (const guide of guides) {
    await page.goto(`${site}guides/${guide}/`);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (over > 0) wide.push(`${guide}: ${over} px`);
  }
  expect(wide).toEqual([]);
  expect(faults).toEqual([]);
  await page.context().close();
});

const looks: readonly (readonly [string, BrowserContextOptions])[] = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 360, height: 740 } }],
];
describe.each(looks)("%s", (_, options) => {
  test.each([
    "",
    "guides/generation/",
    "guides/transformers/",
    "guides/errors/",
    "guides/how-it-works/",
    "guides/performance/",
    "api/core/Git/",
    "api/",
  ])("/%s passes axe, and never scrolls sideways or jumps", async (address) => {
    const { page, faults } = await open(address, options);
    const shift = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) sum += (entry as PerformanceEntry & { value: number }).value;
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => resolve(sum), 300);
        }),
    );
    expect(shift).toBeLessThan(0.05);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    await page.evaluate(axe);
    const violations = await page.evaluate(async () => {
      const { axe: runner } = window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      return (await runner.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
    });
    expect(violations).toEqual([]);
    expect(faults).toEqual([]);
    await page.context().close();
  });
});
