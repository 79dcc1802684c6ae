// The built playground in a real Chromium, for the flows: build once, serve, open pages that watch themselves.
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright";
import { build } from "vite";
import { chromiumFlags, findChromium } from "../../../tooling/browser/chromium.mjs";
import { type PlaygroundServer, servePlayground } from "../server.mjs";

/** Where the demo package keeps its samples. */
export const samples: string = fileURLToPath(new URL("../../../packages/demo-model/samples/", import.meta.url));

/** A folder that holds a checkpoint. */
export const checkpoint: string = fileURLToPath(
  new URL("../../../packages/demo-model/models/captions", import.meta.url),
);

/** A page and what it noticed about itself. */
export interface WatchedPage {
  readonly page: Page;
  /** Violations of the content security policy and uncaught errors, in words. */
  readonly complaints: readonly string[];
  /** Layout shifts that nobody caused by a key or click: how large, and what moved. */
  layoutShifts(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Options of {@link Playground.open}. */
export interface OpenOptions extends BrowserContextOptions {
  /** Without the headers COOP and COEP. */
  readonly plain?: boolean;
  /** Settings of a share link. */
  readonly fragment?: string;
  /** Called before the page is loaded. */
  readonly before?: (page: Page) => Promise<void>;
}

/** The playground, built and served. */
export class Playground {
  /** The built files. */
  readonly folder: string;
  private readonly browser: Browser;
  private readonly servers: Servers;

  private constructor(folder: string, browser: Browser, servers: Servers) {
    this.folder = folder;
    this.browser = browser;
    this.servers = servers;
  }

  static async start(): Promise<Playground> {
    const folder = await mkdtemp(path.join(os.tmpdir(), "glimpse-playground-"));
    const root = fileURLToPath(new URL("..", import.meta.url));
    await build({ root, configFile: `${root}vite.config.ts`, logLevel: "error", build: { outDir: folder } });
    const executablePath = findChromium();
    const camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
    const browser = await chromium.launch({
      args: [...chromiumFlags, ...camera],
      ...(executablePath !== undefined && { executablePath }),
    });
    const servers = {
      isolated: await servePlayground({ folder }),
      plain: await servePlayground({ folder, isolated: false }),
    };
    return new Playground(folder, browser, servers);
  }

  async open({ plain = false, fragment = "", before, ...context }: OpenOptions = {}): Promise<WatchedPage> {
    const own = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, ...context });
    const page = await own.newPage();
    // A GPU that the processor imitates takes its time, above all beside other tests.
    page.setDefaultTimeout(60_000);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      // Violations in workers are told only here.
      if (message.text().includes("Content Security Policy")) complaints.push(message.text());
    });
    await page.addInitScript(watch);
    await before?.(page);
    await page.goto(`${plain ? this.servers.plain.url : this.servers.isolated.url}${fragment}`);
    return {
      page,
      complaints,
      layoutShifts: () => page.evaluate(() => Reflect.get(globalThis, "layoutShifts")),
      close: () => own.close(),
    };
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.servers.isolated.close();
    await this.servers.plain.close();
    await rm(this.folder, { recursive: true });
  }
}

interface Servers {
  readonly isolated: PlaygroundServer;
  readonly plain: PlaygroundServer;
}

/** Runs in the page before everything else. */
function watch(): void {
  const shifts: string[] = [];
  Reflect.set(globalThis, "layoutShifts", shifts);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (Reflect.get(entry, "hadRecentInput")) continue;
      const sources: readonly { node?: Node | null }[] = Reflect.get(entry, "sources");
      const moved = sources.map(({ node }) => (node instanceof Element ? `${node.tagName}.${node.className}` : "?"));
      shifts.push(`${Reflect.get(entry, "value")} ${moved.join(", ")}`);
    }
  }).observe({ type: "layout-shift", buffered: true });
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
    console.error(`Content Security Policy: ${violatedDirective} blocked ${blockedURI}`);
  });
}

/** The sum of layout shifts as browsers count it: 0.1 is called good, and only the scrolled list of files may have any. */
export function shiftSum(shifts: readonly string[]): number {
  return shifts.reduce((sum, shift) => sum + Number.parseFloat(shift), 0);
}

/** Waits until the caption is finished, and returns it. */
export async function finishedCaption(page: Page): Promise<string> {
  const words = page.locator(".caption button.word");
  await words.first().waitFor();
  return (await words.allTextContents()).join(" ");
}

/** The caption of the next picture or clip; call it before that is shown. */
export async function nextCaption(page: Page): Promise<string> {
  const shown = () => page.evaluate(() => document.querySelector(".stage img, .stage video[src]")?.getAttribute("src"));
  const before = await shown();
  const deadline = Date.now() + 20_000;
  for (let now = await shown(); now === before || now === undefined; now = await shown()) {
    if (Date.now() > deadline) throw new Error("The next picture was not shown.");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return finishedCaption(page);
}
