// The command `glimpse` in Node: @glimpsejs/cli with this process as its host.

import { constants } from "node:fs";
import { access, appendFile, mkdir, open, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import { ortNode } from "@glimpsejs/backend-ort-node";
import { reference } from "@glimpsejs/backend-reference";
import { webgpu } from "@glimpsejs/backend-webgpu";
import { GlimpseError } from "@glimpsejs/base";
import {
  type CliHost,
  type FileReader,
  type MachineFacts,
  main,
  type ProfiledBackend,
  type TextOutput,
} from "@glimpsejs/cli";
import { bind } from "@glimpsejs/core";
import { demoClipLimits, demoModelLimits } from "@glimpsejs/demo-model";
import { clipKind } from "@glimpsejs/processor";
import { loadClip } from "@glimpsejs/processor/node";
import { hubSettings } from "@glimpsejs/weights/node";
import { nodePlatform } from "./platform.ts";
import { unwritable } from "./unwritable.ts";

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

/** What a shell says of a command that SIGPIPE stopped. */
const brokenPipe = 141;

/**
 * Runs the command with the arguments after its name; resolves to the exit code. Ctrl-C stops it, twice kills it; so
 * does, without a word, a reader of its output that goes away, as `head` does.
 */
export async function runCommand(argv: readonly string[]): Promise<number> {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort(new Error("interrupted")));
  let isReaderGone = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      isReaderGone = true;
      controller.abort(error);
    });
  }
  const output = (stream: NodeJS.WriteStream): TextOutput => ({
    write(text) {
      if (!isReaderGone) stream.write(text);
    },
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? 80;
    },
  });
  const stderr = output(process.stderr);
  const host: CliHost = {
    version,
    stdout: output(process.stdout),
    stderr,
    env: process.env,
    glimpse: bind(nodePlatform({ warn: (message) => stderr.write(`${message}\n`) })),
    backends: [
      { name: "ort-node", about: "ONNX Runtime on the CPU", takesThreads: true, plugin: ortNode },
      {
        name: "webgpu",
        about: "the GPU, with the package webgpu",
        takesThreads: false,
        plugin: () => webgpu(),
        profiled: profiledWebgpu,
      },
      { name: "reference", about: "plain TypeScript, slow", takesThreads: false, plugin: () => reference() },
    ],
    demoModelLimits,
    demoClipLimits,
    files,
    clips: { kind: kindOf, load: loadClip },
    writer: {
      write: (file, content) => writeFile(file, content).catch(unwritable(file)),
      append: (file, text) => appendFile(file, text).catch(unwritable(file)),
      makeFolder: async (folder) => void (await mkdir(folder, { recursive: true }).catch(unwritable(folder))),
    },
    facts,
    signal: controller.signal,
    now: () => performance.now(),
  };
  const code = await main(argv, host);
  return isReaderGone ? brokenPipe : code;
}

/** WebGPU with the times of its kernels, of the backend that was opened last. */
function profiledWebgpu(): ProfiledBackend {
  const inner = webgpu({ profile: true });
  let opened: Awaited<ReturnType<typeof inner.open>> | undefined;
  const plugin = {
    ...inner,
    async open() {
      opened = await inner.open();
      return opened;
    },
  };
  return { name: inner.name, plugin, times: async () => (await opened?.profiler?.take()) ?? [] };
}

const files: FileReader = {
  async exists(file) {
    return access(file).then(
      () => true,
      () => false,
    );
  },
  read: (file) => readFile(file).catch(missing(file)),
  list: (folder) => readdir(folder).catch(missing(folder)),
};

/** By the first bytes; what cannot be read is reported when it is opened. */
async function kindOf(file: string): Promise<"video" | "gif" | undefined> {
  try {
    await using handle = await open(
      /^file:/i.test(file) ? new URL(file) : file,
      constants.O_RDONLY | (constants.O_NONBLOCK ?? 0),
    );
    const { buffer, bytesRead } = await handle.read(new Uint8Array(256), 0, 256, 0);
    return clipKind(buffer.subarray(0, bytesRead));
  } catch {
    return undefined;
  }
}

function missing(file: string): (cause: unknown) => never {
  return (cause) => {
    const reason =
      cause instanceof Error && "code" in cause && cause.code === "ENOENT" ? "it is not there" : "it cannot be read";
    throw new GlimpseError({ subject: file, problem: reason }, { code: "missing-file", cause });
  };
}

async function facts(): Promise<MachineFacts> {
  const cpus = os.cpus();
  const hub = await hubSettings({});
  const problem = await import("sharp").then(
    () => undefined,
    (error: unknown) =>
      error instanceof Error ? (error.message.split("\n")[0] ?? "it cannot be loaded") : String(error),
  );
  return {
    runtime: `Node.js ${process.versions.node}`,
    system: `${process.platform} ${process.arch}`,
    cpu: { model: cpus[0]?.model.trim() ?? "unknown", cores: cpus.length },
    memory: { total: os.totalmem(), available: process.availableMemory() },
    pictures: { decoder: "sharp", ...(problem !== undefined && { problem }) },
    cache: { folder: hub.cacheDir, setBy: cacheSetBy(process.env) },
    offline: hub.offline,
    token: hub.token !== undefined,
  };
}

/** The first of these settings that is made decides where the Hub's files are. */
function cacheSetBy(env: Readonly<Record<string, string | undefined>>): string {
  return ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"].find((name) => env[name]) ?? "default";
}
