// The command `glimpse` in Node: @glimpsejs/cli with this process as its host.

import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, appendFile, mkdir, open, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import { promisify } from "node:util";
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
        unnamed: () => webgpu({ software: false }),
        probe: probeWebgpu,
        profiled: profiledWebgpu,
      },
      { name: "reference", about: "plain TypeScript, slow", takesThreads: false, plugin: () => reference() },
    ],
    demoModelLimits,
    demoClipLimits,
    files,
    stdin: once(readStdin),
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

/** `read`, called once at most. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= read();
    return result;
  };
}

/** More is no picture and no clip that is read whole. */
const maxStdinBytes = 2 ** 29;

async function readStdin(): Promise<Uint8Array> {
  const subject = "standard input";
  const refuse = (problem: string, advice?: string) =>
    new GlimpseError({ subject, problem, advice }, { code: "missing-file" });
  if (process.stdin.isTTY) throw refuse("it is a terminal", "Pipe a picture in: glimpse caption - < photo.jpg");
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxStdinBytes) throw refuse(`it gives more than ${maxStdinBytes} bytes`, "Name a file instead.");
    chunks.push(chunk);
  }
  if (length === 0) throw refuse("it is empty");
  return Buffer.concat(chunks);
}

/**
 * Looks for a GPU in a process of its own: what drivers and Dawn write to stderr, which nothing in a process can stop, is
 * kept from the user, and a driver that crashes ends only that process.
 */
async function probeWebgpu(): Promise<string | undefined> {
  const script =
    `const { webgpu } = await import(${JSON.stringify(import.meta.resolve("@glimpsejs/backend-webgpu"))});` +
    "process.stdout.write(JSON.stringify([await webgpu().unavailable() ?? null]));process.exit(0);";
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
      timeout: 30_000,
      windowsHide: true,
    });
    const [reason]: readonly [string | null] = JSON.parse(stdout);
    return reason ?? undefined;
  } catch (error) {
    const { signal } = error as { readonly signal?: string | null };
    return `looking for a GPU failed (${signal ?? (error instanceof Error ? error.message.split("\n")[0] : error)})`;
  }
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
async function kindOf(file: string | Uint8Array): Promise<"video" | "gif" | undefined> {
  if (typeof file !== "string") return clipKind(file.subarray(0, 256));
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

/** Optional packages that are loaded when they are needed: a decoder, and why it cannot be used where it cannot. */
async function decoderOf(...packages: readonly string[]): Promise<MachineFacts["pictures"]> {
  const problems: string[] = [];
  for (const name of packages) {
    try {
      await import(name);
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      problems.push(isMissing ? `the package ${name} is not installed` : `${name} cannot be loaded (${reason})`);
    }
  }
  const decoder = packages.join(" and ");
  if (problems.length === 0) return { decoder };
  return { decoder, problem: `${problems.join(", and ")}. Run: npm install ${packages.join(" ")}` };
}

async function facts(): Promise<MachineFacts> {
  const cpus = os.cpus();
  const hub = await hubSettings({});
  return {
    runtime: `Node.js ${process.versions.node}`,
    system: `${process.platform} ${process.arch}`,
    cpu: { model: cpus[0]?.model.trim() ?? "unknown", cores: cpus.length },
    memory: { total: os.totalmem(), available: process.availableMemory() },
    pictures: await decoderOf("sharp"),
    clips: await decoderOf("mediabunny", "@napi-rs/webcodecs"),
    cache: { folder: hub.cacheDir, setBy: cacheSetBy(process.env) },
    offline: hub.offline,
    token: hub.token !== undefined,
  };
}

/** The first of these settings that is made decides where the Hub's files are. */
function cacheSetBy(env: Readonly<Record<string, string | undefined>>): string {
  return ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"].find((name) => env[name]) ?? "default";
}
