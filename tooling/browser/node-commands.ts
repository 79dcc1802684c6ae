// What Node says about the sample pictures and clips, for tests that compare a browser with it: the built command is asked, in a
// process of its own.
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
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

/** For `browser.commands` of the configuration. */
export const nodeCommands = { nodeScores, fixtureFolders };
