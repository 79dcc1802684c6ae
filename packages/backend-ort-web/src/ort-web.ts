// The backend as users name it: ortWeb() and its options. Nothing is imported or fetched before unavailable() or open().
import type { Backend, BackendPlugin } from "@glimpsejs/backend";
import { type ErrorCode, GlimpseError, type Problem, show } from "@glimpsejs/base";
import { requestDevice } from "./gpu-device.ts";
import { ortBackend } from "./ort-backend.ts";
import type { OrtRuntime } from "./ort-runtime.ts";
import { problemOfPage, problemOfUrls } from "./probe.ts";
import { startRuntime } from "./start.ts";

/** What computes: WebAssembly on the processor, or the GPU through WebGPU. */
export type OrtWebProvider = "wasm" | "webgpu";

/** Where the runtime's two files are. They must be of one version, the installed one's. */
export interface OrtWebUrls {
  /** `ort-wasm-simd-threaded.mjs`, or for "webgpu" `ort-wasm-simd-threaded.asyncify.mjs`. */
  readonly mjs: string | URL;
  /** `ort-wasm-simd-threaded.wasm`, or for "webgpu" `ort-wasm-simd-threaded.asyncify.wasm`. */
  readonly wasm: string | URL;
}

/** The module onnxruntime-web/wasm or onnxruntime-web/webgpu, said by its shape, as types check where it is not installed. */
export interface OrtWebModule {
  /** The class whose `create()` opens a graph. */
  readonly InferenceSession: object;
  /** The class of the runtime's own tensors. */
  readonly Tensor: object;
  /** The runtime's settings of the whole page: files, threads, GPU. */
  readonly env: object;
}

/** Options of {@link ortWeb}. */
export interface OrtWebOptions {
  /** What computes: WebAssembly, or the runtime's kernels on a GPU. */
  readonly provider: OrtWebProvider;
  /** Where the runtime's files are; there is no default, and nothing is fetched from elsewhere. Not needed in Node. */
  readonly urls?: OrtWebUrls | undefined;
  /**
   * How many threads compute, a whole number from 1. Default: what a measurement of some 50 ms finds fastest, and 1 on
   * a page that is not cross-origin isolated. One page has one runtime: the first open() decides.
   */
  readonly threads?: number | undefined;
  /** The module, where it is not to be imported by its name. */
  readonly ort?: OrtWebModule | undefined;
}

/**
 * The backend on onnxruntime-web, which has to be installed. With "webgpu" the cache of keys and values stays on the GPU.
 * Memory peaks at twice the weights with "wasm". With "webgpu" one graph's at a time are in JavaScript, and the GPU has up
 * to twice the weights: reading a prompt and writing a token have the decoder's each. A GPU is taken at its word; selfTested()
 * of glimpsejs looks whether it computes right. Throws "invalid-argument" for impossible options.
 * @example const git = await load("microsoft/git-base", { backend: ortWeb({ provider: "wasm", urls: wasmUrls }) });
 */
export function ortWeb(options: OrtWebOptions): BackendPlugin {
  const { provider, urls, threads } = options;
  checkOptions(options);
  const name = `ort-web-${provider}`;
  const fault = (problem: Omit<Problem, "subject">, code: ErrorCode, cause?: unknown) =>
    new GlimpseError({ subject: `backend "${name}"`, ...problem }, { code, cause });

  /** The runtime, or why it cannot be opened; what is cheap to know comes first. */
  async function importOrt(): Promise<OrtRuntime | GlimpseError> {
    const page = await problemOfPage(provider);
    if (page !== undefined) return fault(page, "backend-unavailable");
    // What has the shape is taken at its word; a wrong module fails when it is first used, as "backend".
    let ort = options.ort as OrtRuntime | undefined;
    try {
      // In a `try`, because bundlers build an application that has not installed the package only then.
      ort ??= provider === "wasm" ? await import("onnxruntime-web/wasm") : await import("onnxruntime-web/webgpu");
    } catch (cause) {
      const advice = "Run: npm install onnxruntime-web";
      return fault({ problem: "the package onnxruntime-web cannot be loaded", advice }, "missing-package", cause);
    }
    const files = await problemOfUrls(urls);
    if (files === undefined) return ort;
    return fault(files, "backend-unavailable");
  }

  return {
    name,
    async unavailable() {
      const found = await importOrt();
      if (!(found instanceof GlimpseError)) return undefined;
      const [{ problem, expected, got, advice } = { problem: found.message }] = found.problems;
      return `${problem}${expected ? `, expected ${expected}` : ""}${got ? `, got ${got}` : ""}.${advice ? ` ${advice}` : ""}`;
    },
    async open(): Promise<Backend> {
      const ort = await importOrt();
      if (ort instanceof GlimpseError) throw ort;
      await startRuntime(ort, { name, urls, threads });
      return ortBackend(ort, name, provider === "webgpu" ? await requestDevice(name) : undefined);
    },
    // Bytes of the weights in JavaScript while a session is made, and in the runtime's memory; or up to twice on the GPU,
    // which most machines with a browser have no memory of its own for.
    estimateMemory: (weightBytes) => (provider === "webgpu" ? 3 : 2) * weightBytes + 100_000_000,
  };
}

function checkOptions({ provider, urls, threads }: OrtWebOptions): void {
  const problems: Problem[] = [];
  if (provider !== "wasm" && provider !== "webgpu") {
    problems.push({
      subject: "option provider",
      problem: "it is unknown",
      expected: '"wasm" or "webgpu"',
      got: show(provider),
    });
  }
  if (threads !== undefined && !(Number.isSafeInteger(threads) && threads >= 1)) {
    problems.push({
      subject: "option threads",
      problem: "it is out of range",
      expected: "a whole number from 1",
      got: `${threads}`,
    });
  }
  if (urls !== undefined && (!isUrl(urls?.mjs) || !isUrl(urls?.wasm))) {
    const expected = "{ mjs, wasm }, each a URL";
    problems.push({
      subject: "option urls",
      problem: "it does not name the runtime's files",
      expected,
      got: show(urls),
    });
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
}

function isUrl(value: unknown): boolean {
  return value instanceof URL || (typeof value === "string" && value !== "");
}
