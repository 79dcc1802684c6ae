// A guide, followed to the letter: its blocks with a `title=` are files, its `sh` blocks are commands, in the order of
// the text. Blocks of the same title are one file, continued.
import { execFile } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const docs = path.resolve(import.meta.dirname, "../../docs");
const run = promisify(execFile);

/** One fenced block of a guide. */
export interface Block {
  readonly language: string;
  /** Path of the file that it is a part of; undefined for commands, and for code that only shows something. */
  readonly title: string | undefined;
  readonly text: string;
}

/** The blocks of `docs/<name>`, of one section when its heading is given. */
export function blocksOf(name: string, heading?: string): readonly Block[] {
  const whole = readFileSync(path.join(docs, name), "utf8");
  const sections = whole.split(/(?=^## )/m);
  const text = heading === undefined ? whole : sections.find((section) => section.startsWith(`## ${heading}\n`));
  if (text === undefined) throw new Error(`${name} has no section "${heading}".`);
  return [...text.matchAll(/^```(\w+)(?: title=(\S+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language = "", title, code = ""]) => ({ language, title, text: code }),
  );
}

/** Appends a block to its file below `folder`. */
export function write(folder: string, { title, text }: Block): void {
  if (title === undefined) return;
  const file = path.join(folder, title);
  mkdirSync(path.dirname(file), { recursive: true });
  appendFileSync(file, text);
}

/** What a shell printed, and how it ended. */
export interface Ran {
  readonly code: number;
  readonly output: string;
}

/** Runs the lines of a block as they stand, until one fails. */
export async function shell(folder: string, text: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  try {
    const { stdout, stderr } = await run("bash", ["-ec", text], { cwd: folder, env, timeout: 240_000 });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

/** The environment of somebody who has never installed anything: npm's settings and cache are `home`'s. */
export function newcomer(home: string, registry: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([key]) => !/^(npm_|VITEST|TEST|NODE_ENV|NODE_OPTIONS)/i.test(key));
  return {
    ...Object.fromEntries(own),
    CI: "1",
    NO_COLOR: "1",
    HOME: home,
    GLIMPSE_CACHE: path.join(home, "glimpse"),
    HF_HOME: path.join(home, "huggingface"),
    ONNXRUNTIME_NODE_INSTALL: "skip",
    npm_config_registry: registry,
    npm_config_cache: path.join(home, "npm"),
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_update_notifier: "false",
    npm_config_yes: "true",
  };
}

/** Removes a folder that a test made. */
export function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
