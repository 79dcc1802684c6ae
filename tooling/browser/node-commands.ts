// What Node does for tests in a browser. What it says about the sample pictures and clips comes from the built command, in a
// process of its own.
import { execFile } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { BrowserCommand } from "vitest/node";

/** A caption as `glimpse caption --json` prints it. */
export interface NodeCaption {
  readonly text: string;
  readonly tokens: readonly number[];
  readonly logProb: number;
  readonly score: number;
}

/** A folder of samples. */
export type SampleKind = "pictures" | "clips";

declare module "vitest/browser" {
  interface BrowserCommands {
    /** Captions of the samples ("pictures/01.png", "clips/01.mp4") on the reference backend in Node. Needs a build. */
    nodeScores(kind: SampleKind): Promise<Readonly<Record<string, NodeCaption>>>;
    /** Names in a folder of the workspace ("/fixtures/…"); none where there is no such folder. */
    fixtureFolders(path: string): Promise<readonly string[]>;
    /** Writes apps/bench/results/NAME.json where the variable RECORD is NAME; whether it did. */
    record(name: string, result: unknown): Promise<boolean>;
  }
}

const samples = "packages/demo-model/samples";

const nodeScores: BrowserCommand<[SampleKind]> = async (_, kind) => {
  const files = (await readdir(`${samples}/${kind}`)).sort().map((name) => `${kind}/${name}`);
  const paths = files.map((file) => `${samples}/${file}`);
  const glimpse = ["packages/glimpsejs/bin/glimpse.js", "caption", "--json", "--backend", "reference", ...paths];
  const { stdout } = await promisify(execFile)(process.execPath, glimpse);
  const captions: readonly NodeCaption[] = JSON.parse(stdout);
  return Object.fromEntries(files.map((file, i) => [file, captions[i]]));
};

const fixtureFolders: BrowserCommand<[string]> = async (_, path) => (await readdir(`.${path}`).catch(() => [])).sort();

const record: BrowserCommand<[string, unknown]> = async (_, name, result) => {
  if (process.env["RECORD"] !== name) return false;
  await writeFile(`apps/bench/results/${name}.json`, `${JSON.stringify(result, undefined, 2)}\n`);
  return true;
};

/** For `browser.commands` of the configuration. */
export const nodeCommands = { nodeScores, fixtureFolders, record };
