// The plugin: finds onnxruntime-node, says why it cannot be used, and opens it.
import type { Backend, BackendPlugin } from "@glimpsejs/backend";
import { GlimpseError, type Problem } from "@glimpsejs/base";
import { type OrtSettings, ortBackend } from "./ort-backend.ts";
import type { OrtRuntime } from "./ort-runtime.ts";

/** The backend, with the import as a value. */
export function ortPlugin(settings: OrtSettings, importOrt: () => Promise<OrtRuntime>): BackendPlugin {
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
      let ort: OrtRuntime;
      try {
        ort = await importOrt();
      } catch (cause) {
        throw new GlimpseError(explain(cause), {
          code: isMissing(cause) ? "missing-package" : "backend-unavailable",
          cause,
        });
      }
      return ortBackend(ort, settings);
    },
    // Peaks of the process until the first caption, by weight bytes, measured on Linux: git-base 1.1, at 480 px 1.3, six
    // frames 1.5, stored as float16 1.3; git-large 1.04. Rounded weights that were kept: int8 1.2, int4 1.4; rounded
    // while they are loaded: 1.4 and 1.9. Node and the runtime, 100 MB, are part of that. apps/bench tests it.
    estimateMemory: (weightBytes) => Math.ceil(1.4 * weightBytes) + 175_000_000,
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
