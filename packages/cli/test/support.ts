// What the command's tests share: a host that records what is written, on plain folders and raw files.
import { existsSync, mkdtempSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { BackendPlugin } from "@glimpsejs/backend";
import { reference } from "@glimpsejs/backend-reference";
import { type BackendChoice, type CliHost, type FileReader, main } from "@glimpsejs/cli";
import { bind, type Platform } from "@glimpsejs/core";
import { demoCheckpoint, demoSamples } from "@glimpsejs/demo-model";
import { loadClip, loadImage } from "@glimpsejs/processor/node";
import { openFolder } from "@glimpsejs/weights/node";
import { onTestFinished } from "vitest";

/** The folder of the reference cases. */
export const casesFolder = fileURLToPath(new URL("../../../fixtures/reference/cases", import.meta.url));

/** The path of a sample picture. */
export function sample(name: string): string {
  return fileURLToPath(new URL(`pictures/${name}`, demoSamples));
}

/** The path of a sample clip. */
export function sampleClip(name: string): string {
  return fileURLToPath(new URL(`clips/${name}`, demoSamples));
}

/** A fresh empty folder, which goes when the running test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "glimpse-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Folders, pictures, and the reference backend. */
export const platform: Platform = {
  open: (source) => openFolder(fileURLToPath(demoCheckpoint(source) ?? pathToFileURL(source ?? ""))),
  sink: () => Promise.reject(new Error("the command writes no model")),
  backend: () => reference(),
  picture: (input, signal) => loadImage(input as string | Uint8Array, { signal }),
  availableMemory: () => undefined,
};

/** Files on disk. */
export const files: FileReader = {
  exists: async (path) => existsSync(path),
  read: (path) => readFile(path),
  list: (path) => readdir(path),
};

/** A backend that `--backend` can name. */
export function choice(plugin: BackendPlugin, takesThreads = false): BackendChoice {
  return { name: plugin.name, about: `about ${plugin.name}`, takesThreads, plugin: () => plugin };
}

/** A backend that is not installed. */
export const absent: BackendPlugin = {
  name: "fast",
  unavailable: async () => "the package fast is not installed. Run: npm install fast",
  open: () => Promise.reject(new Error("fast is not installed")),
  estimateMemory: (bytes) => 2 * bytes,
};

/** What a run of the command left behind. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command on a host of its own, changed by `overrides`; `isTTY` makes both outputs terminals. */
export async function glimpse(
  argv: readonly string[],
  overrides: Partial<CliHost> = {},
  isTTY = false,
): Promise<Outcome> {
  const written = { out: "", err: "" };
  const output = (to: keyof typeof written) => ({
    write(text: string) {
      written[to] += text;
    },
    isTTY,
    columns: 80,
  });
  let time = 0;
  const code = await main(argv, {
    version: "1.2.3",
    stdout: output("out"),
    stderr: output("err"),
    env: {},
    glimpse: bind(platform),
    backends: [choice(reference())],
    demoModelLimits: "The demo model knows only emoji scenes. On a photograph what it says is nonsense.",
    demoClipLimits: "The demo model for clips knows only emoji scenes.",
    files,
    stdin: () => Promise.reject(new Error("nothing is piped in")),
    clips: {
      kind: async (source) => (typeof source === "string" && /\.(mp4|webm)$/.test(source) ? "video" : undefined),
      load: loadClip,
    },
    writer: {
      write: writeFile,
      append: appendFile,
      makeFolder: async (folder) => void (await mkdir(folder, { recursive: true })),
    },
    facts: async () => ({
      runtime: "Node.js 22.14.0",
      system: "linux x64",
      cpu: { model: "Test CPU", cores: 2 },
      memory: { total: 8e9, available: 1.5e9 },
      pictures: { decoder: "sharp" },
      clips: { decoder: "mediabunny", problem: "the package mediabunny is not installed" },
      cache: { folder: "/home/me/.cache/huggingface/hub", setBy: "the default" },
      offline: false,
      token: false,
    }),
    signal: new AbortController().signal,
    now() {
      time += 10;
      return time;
    },
    ...overrides,
  });
  return { code, ...written };
}
