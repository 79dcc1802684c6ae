// The backend as users name it: ortNode() and its options. Nothing is imported before unavailable() or open().
import type { BackendPlugin } from "@glimpsejs/backend";
import { GlimpseError } from "@glimpsejs/base";
import { ortPlugin } from "./ort-plugin.ts";
import type { OrtRuntime } from "./ort-runtime.ts";

/**
 * The module onnxruntime-node, such as `(await import("onnxruntime-node")).default`. Said by its shape: its own types
 * would make everybody's type check need that package, and the DOM with it.
 */
export interface OrtModule {
  /** The class whose `create()` opens a graph. */
  readonly InferenceSession: object;
  /** The class of the runtime's own tensors. */
  readonly Tensor: object;
}

/** Options of {@link ortNode}. */
export interface OrtNodeOptions {
  /**
   * How many threads compute, a whole number from 1. Default: one per physical core, which ONNX Runtime counts; only
   * then are they pinned to cores, so that none of them waits for another's.
   */
  readonly threads?: number;
  /**
   * Whether 4-bit weights of the graphs that read pictures stay 4 bits. By default they become 8-bit ones when they are
   * loaded, because products of many rows then take half the time; 8-bit copies of the text decoder's weights stand
   * beside the 4-bit ones then (36 MB of git-base).
   */
  readonly compact?: boolean;
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
  const { threads, compact, ort } = options;
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
  return ortPlugin({ threads, compact }, async () => {
    // Since 1.29 the runtime reports every session to Microsoft and leaves files in the home and temporary folders.
    // It reads this once, when the first session is made: https://github.com/microsoft/onnxruntime/pull/27379
    process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
    // What has the shape is taken at its word; a wrong module fails when it is first used, as "backend".
    return (ort as OrtRuntime | undefined) ?? (await import("onnxruntime-node")).default;
  });
}
