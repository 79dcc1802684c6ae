// One start of the runtime per page: its files and its number of threads cannot change afterwards, so later openings must
// ask for the same.
import { GlimpseError } from "@glimpsejs/base";
import type { OrtRuntime } from "./ort-runtime.ts";
import type { OrtWebUrls } from "./ort-web.ts";
import { absoluteUrl } from "./probe.ts";
import { measureThreads } from "./threads.ts";

interface Start {
  readonly name: string;
  readonly urls: OrtWebUrls | undefined;
  readonly threads: number | undefined;
}

const started = new WeakMap<OrtRuntime, Promise<number>>();

/** Configures the module before its first session. Throws "unsupported" if it runs with other threads already. */
export async function startRuntime(ort: OrtRuntime, { name, urls, threads }: Start): Promise<void> {
  const start = started.get(ort) ?? configure(ort, urls, threads);
  started.set(ort, start);
  const running = await start;
  if (threads === undefined || threads === running || running === 1) return;
  throw new GlimpseError(
    {
      subject: `backend "${name}"`,
      problem: "the page has one runtime, and it runs with another number of threads",
      expected: String(running),
      got: String(threads),
      advice: "Open it with that number, or reload the page.",
    },
    { code: "unsupported" },
  );
}

async function configure(ort: OrtRuntime, urls: OrtWebUrls | undefined, threads: number | undefined): Promise<number> {
  const { wasm } = ort.env;
  if (urls !== undefined) {
    wasm.wasmPaths = { mjs: absoluteUrl(urls.mjs).href, wasm: absoluteUrl(urls.wasm).href };
  }
  const isolated = globalThis.crossOriginIsolated === true;
  wasm.numThreads = isolated ? (threads ?? (await measureThreads())) : 1;
  // Errors also come as exceptions.
  ort.env.logLevel = "fatal";
  return wasm.numThreads;
}
