// The plugin: finds onnxruntime-node, and opens it. Nothing is imported before unavailable() or open() is called.
import type { Backend, BackendPlugin } from "@glimpsejs/backend";
import { GlimpseError, type Problem } from "@glimpsejs/base";
import { ortBackend } from "./ort-backend.ts";

/** The module onnxruntime-node. */
export type OrtModule = typeof import("onnxruntime-node");

/** Options of {@link ortNode}. */
export interface OrtNodeOptions {
  /** How many threads compute, a whole number from 1. Default: one per physical core, which ONNX Runtime counts. */
  readonly threads?: number;
  /** The module onnxruntime-node, where it is not to be imported by that name. */
  readonly ort?: OrtModule;
}

/**
 * The backend on onnxruntime-node, CPU only: the fastest on a machine without a GPU. Weights are mapped from the
 * checkpoint's own file where it holds them uncompressed, so memory peaks at 1.1 to 1.5 times their float32 size.
 * The package onnxruntime-node has to be installed. Its telemetry to Microsoft is switched off, unless the environment
 * variable ORT_DISABLE_TELEMETRY says otherwise. Throws "invalid-argument" on an impossible number of threads.
 * @example const git = await load("microsoft/git-base", { backend: ortNode({ threads: 4 }) });
 */
export function ortNode(options: OrtNodeOptions = {}): BackendPlugin {
  const { threads, ort } = options;
  if (threads !== undefined && !(Number.isSafeInteger(threads) && threads >= 1)) {
    throw new GlimpseError(
      {
        subject: "option threads",
        problem: "it is out of range",
        expected: "a whole number from 1",
        got: `${threads}`,
      },
      { code: "invalid-argument" },
    );
  }
  return ortPlugin(threads, async () => {
    // Since 1.29 the runtime reports every session to Microsoft and leaves files in the home and temporary folders.
    // It reads this once, when the first session is made: https://github.com/microsoft/onnxruntime/pull/27379
    process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
    return ort ?? (await import("onnxruntime-node")).default;
  });
}

/** {@link ortNode} with the import as a value. */
export function ortPlugin(threads: number | undefined, importOrt: () => Promise<OrtModule>): BackendPlugin {
  return {
    name: "ort-node",
    async unavailable() {
      try {
        await importOrt();
        return undefined;
      } catch (error) {
        const { problem, advice } = explain(error);
        return `${problem}. ${advice}`;
      }
    },
    async open(): Promise<Backend> {
      let ort: OrtModule;
      try {
        ort = await importOrt();
      } catch (cause) {
        throw new GlimpseError(explain(cause), {
          code: isMissing(cause) ? "missing-package" : "backend-unavailable",
          cause,
        });
      }
      return ortBackend(ort, threads);
    },
    // Peaks of the process by weight bytes, measured on Linux: git-base 1.1, at 480 px 1.3, six frames 1.5, stored as
    // float16 1.3; git-large 1.04. Node and the runtime, 100 MB, are part of that.
    estimateMemory: (weightBytes) => Math.ceil(1.4 * weightBytes) + 100_000_000,
  };
}

function explain(error: unknown): Problem {
  const subject = 'backend "ort-node"';
  if (isMissing(error)) {
    const advice = "Run: npm install onnxruntime-node";
    return { subject, problem: "the package onnxruntime-node is not installed", advice };
  }
  const reason = error instanceof Error ? error.message : String(error);
  return {
    subject,
    problem: `the package onnxruntime-node cannot be loaded (${reason})`,
    advice: "It has binaries for Windows, macOS and Linux with glibc on x64 and arm64.",
  };
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
}
