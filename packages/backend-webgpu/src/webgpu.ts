// The backend as users name it: webgpu() and its options. Nothing is looked for before unavailable() or open().
import type { BackendPlugin } from "@glimpsejs/backend";
import type { Gpu, GpuDevice } from "./gpu.ts";
import type { WeightProgress } from "./load-weights.ts";
import { findAdapter, openDevice } from "./open-device.ts";
import { Profiler } from "./profiler.ts";
import { WebGpuBackend } from "./webgpu-backend.ts";

/** Options of {@link webgpu}. */
export interface WebGpuOptions {
  /** A device to compute on. It stays the caller's: it is never destroyed, and if it is lost there is no other. */
  readonly device?: GpuDevice;
  /** Where to look for a device: default `navigator.gpu`, and in Node the npm package webgpu. */
  readonly gpu?: Gpu;
  /** Which GPU of several. Default "high-performance". */
  readonly powerPreference?: "low-power" | "high-performance";
  /** Whether a program that imitates a GPU (SwiftShader, llvmpipe) will do. Default true. */
  readonly software?: boolean;
  /** Measures every dispatch; see {@link WebGpuBackend.profiler}. Needs the device feature "timestamp-query". */
  readonly profile?: boolean;
  /** Called as weights arrive on the GPU, in bytes. */
  readonly onProgress?: WeightProgress;
}

/** A plugin whose backend has counters and a device. */
export interface WebGpuPlugin extends BackendPlugin {
  open(): Promise<WebGpuBackend>;
}

/**
 * The backend on WebGPU, with kernels of our own: in browsers, and in Node where the package webgpu is installed.
 * Weights go tensor by tensor to the GPU; float16 weights stay float16 there, sums are float32.
 * @example const git = await load("microsoft/git-base", { backend: webgpu() });
 */
export function webgpu(options: WebGpuOptions = {}): WebGpuPlugin {
  const open = () => openDevice(options);
  return {
    name: "webgpu",
    async unavailable() {
      if (options.device !== undefined) return undefined;
      const found = await findAdapter(options);
      if (!("problem" in found)) return undefined;
      const { problem, advice } = found.problem;
      return advice === undefined ? problem : `${problem}. ${advice}`;
    },
    async open() {
      const profiler = options.profile === true ? new Profiler() : undefined;
      const { onProgress } = options;
      return new WebGpuBackend({ open, half: true, profiler, onProgress }, await open());
    },
  };
}
