// docs/bundlers.md, followed to the letter: each bundler builds the guide's app from the packed packages in an empty
// folder, and Chromium captions a picture with the result, on a plain page and on a cross-origin isolated one, below a
// sub-path, and without a request to any other host. Vite's development server does so, too. A bundle for Node captions
// in Node.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import os from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { type Browser, chromium } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { serveFolder } from "../../apps/docs/scripts/serve-folder.mjs";
import { chromiumFlags, findChromium } from "../browser/chromium.mjs";
import { type Block, blocksOf, newcomer, remove, shell, write } from "./guide.ts";

const guide = "bundlers.md";
const picture = path.resolve(import.meta.dirname, "../../packages/demo-model/samples/pictures/02.png");
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const home = mkdtempSync(path.join(os.tmpdir(), "glimpse-bundlers-"));
const servers: Server[] = [];
let browser: Browser;

beforeAll(async () => {
  const executablePath = findChromium();
  browser = await chromium.launch({
    args: [...chromiumFlags],
    ...(executablePath === undefined ? {} : { executablePath }),
  });
});

afterAll(async () => {
  await browser?.close();
  for (const server of servers) server.close();
  remove(home);
});

test.each(["Vite", "webpack", "Rollup", "esbuild"])(
  "%s builds the app, and it captions a picture",
  {
    timeout: 300_000,
  },
  async (bundler) => {
    const folder = path.join(home, bundler);
    mkdirSync(folder);
    cpSync(picture, path.join(folder, "photo.png"));
    for (const block of blocksFor(bundler)) {
      write(folder, block);
      if (block.language !== "sh") continue;
      const ran = await shell(folder, block.text, newcomer(home, inject("registry")));
      expect(ran, ran.output).toMatchObject({ code: 0 });
    }
    for (const headers of [{}, isolation]) {
      const { text, isolated, faults } = await open(await serve(path.join(folder, "dist"), headers));
      expect(faults).toEqual([]);
      expect(isolated).toBe(headers === isolation);
      expect(text).toBe("a book on a white background");
    }
  },
);

test("Vite's development server serves the app, and it captions a picture", { timeout: 300_000 }, async () => {
  const folder = path.join(home, "development");
  mkdirSync(folder);
  cpSync(picture, path.join(folder, "photo.png"));
  const env = newcomer(home, inject("registry"));
  for (const block of blocksFor("Vite")) {
    write(folder, block);
    if (block.language !== "sh" || block.text.includes("vite build")) continue;
    const ran = await shell(folder, block.text, env);
    expect(ran, ran.output).toMatchObject({ code: 0 });
  }
  const vite = path.join(folder, "node_modules/vite/bin/vite.js");
  const server = spawn(process.execPath, [vite, "--host", "127.0.0.1", "--port", "0"], { cwd: folder, env });
  try {
    const site = await addressIn(server.stdout);
    // Twice, as what Vite prepares for the first visit is there at the second.
    for (const visit of ["first", "second"]) {
      const { text, faults } = await open(site);
      expect(faults, visit).toEqual([]);
      expect(text, visit).toBe("a book on a white background");
    }
  } finally {
    server.kill();
  }
});

test("a bundle for Node, its packages left out or in one file of CommonJS", { timeout: 300_000 }, async () => {
  const folder = path.join(home, "for-node");
  mkdirSync(folder);
  cpSync(picture, path.join(folder, "photo.png"));
  const server = (model: string) =>
    `import { load } from "glimpsejs";
load(${model}).then(async (git) => { console.log((await git.caption("photo.png")).text); await git.dispose(); });`;
  writeFileSync(path.join(folder, "server.mjs"), server(""));
  writeFileSync(path.join(folder, "named.mjs"), server('"node_modules/@glimpsejs/demo-model/models/captions"'));
  const [outside] = blocksOf(guide, "For Node");
  const leftOut = ["onnxruntime-node", "sharp", "webgpu", "mediabunny", "@napi-rs/webcodecs"];
  const external = leftOut.map((name) => `--external:${name}`).join(" ");
  const oneFile = (name: string) =>
    `npx esbuild ${name}.mjs --bundle --platform=node --format=cjs ${external} --outfile=${name}.cjs && node ${name}.cjs`;
  const run = (command: string) => shell(folder, command, newcomer(home, inject("registry")));
  await run("npm init --yes && npm pkg set type=module && npm install glimpsejs onnxruntime-node esbuild");
  const caption = "a book on a white background\n";
  expect((await run(`${outside?.text ?? ""}node server.js`)).output).toContain(caption);
  expect((await run(oneFile("named"))).output).toContain(caption);
  expect((await run(oneFile("server"))).output).toContain("demo checkpoint: its files are not there");
});

/** The first address that a program prints. */
async function addressIn(output: Readable): Promise<string> {
  let printed = "";
  for await (const chunk of output) {
    printed += chunk;
    const [address] = /http:\/\/127\.0\.0\.1:\d+\//.exec(printed) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error(`there is no address in ${printed}`);
}

/** What a reader does who wants this bundler: the app, then its section; esbuild's worker "is the one for Rollup". */
function blocksFor(bundler: string): readonly Block[] {
  const isWorker = ({ title }: Block) => title === "src/worker.js";
  const own = blocksOf(guide, bundler);
  const worker = bundler === "esbuild" ? blocksOf(guide, "Rollup").filter(isWorker) : own.filter(isWorker);
  const app = blocksOf(guide, "The app").filter((block) => worker.length === 0 || !isWorker(block));
  return [...app, ...worker, ...own.filter((block) => !isWorker(block))];
}

async function serve(folder: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const files = serveFolder(folder, "/app/");
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    files(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/app/`;
}

async function open(site: string): Promise<{ text: string | null; isolated: boolean; faults: readonly string[] }> {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.context().on("request", (request) => {
    if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(site)) faults.push(request.url());
  });
  page.on("response", (response) => {
    if (response.status() >= 400 && !response.url().endsWith("favicon.ico")) faults.push(response.url());
  });
  await page.goto(site);
  const output = page.locator("output");
  await expect.poll(() => output.textContent(), { timeout: 60_000 }).not.toBe("…");
  const text = await output.textContent();
  const isolated = await page.evaluate(() => crossOriginIsolated);
  await page.close();
  return { text, isolated, faults: faults.filter((fault) => !fault.endsWith("favicon.ico")) };
}
