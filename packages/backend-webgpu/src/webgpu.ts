// The backend as users name it: webgpu() and its options. Nothing is looked for before unavailable() or open().
import type { BackendPlugin } from "@glimpsejs/backend";
import { formatProblem, GlimpseError, type Problem } from "@glimpsejs/base";
import type { Gpu, GpuDevice } from "./gpu.ts";
import type { WeightProgress } from "./load-weights.ts";
import { findAdapter, openDevice } from "./open-device.ts";
import { Profiler } from "./profiler.ts";
import { type SelfTestResult, selfTest } from "./self-test.ts";
import type { OpenedDevice } from "./session.ts";
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
  /**
   * Whether the first open() on a GPU computes something small and compares it with known numbers. A GPU that is wrong is
   * refused, so that firstAvailable() goes on; if it is wrong with float16 weights only, they become float32. A device that
   * replaces a lost one is tested, too: where it is wrong, the call fails with "backend-unavailable". Default true.
   */
  readonly selfTest?: boolean;
  /** Told why something slower than asked for is used. Default console.warn. */
  readonly warn?: (message: string) => void;
  /** Measures every dispatch; see {@link WebGpuBackend.profiler}. Needs the device feature "timestamp-query". */
  readonly profile?: boolean;
  /**
   * Whether loading a model makes the kernels of a greedy caption, so that the first one does not wait for them. Default true.
   */
  readonly prepare?: boolean;
  /** Called as weights arrive on the GPU, in bytes. */
  readonly onProgress?: WeightProgress;
}

/** What the self-test found on GPUs so far: by the adapter's name, and for devices that were handed in. */
const testedNames = new Map<string, SelfTestResult>();
const testedDevices = new WeakMap<GpuDevice, SelfTestResult>();

/** A plugin whose backend has counters and a device. */
export interface WebGpuPlugin extends BackendPlugin {
  open(): Promise<WebGpuBackend>;
}

/** A problem as a reason not to take this backend, which whoever asked can name. */
function reason(problem: Problem): string {
  const text = formatProblem(problem).replace(/^backend "webgpu": /, "");
  return problem.advice === undefined ? text.replace(/\.$/, "") : text;
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
      return "problems" in found ? found.problems.map(reason).join("; ") : undefined;
    },
    async open() {
      /** The next device after a loss; another driver may be behind it. */
      const reopen = async () => {
        const next = await open();
        if (options.selfTest !== false) await testReopened(next, backend.half);
        return next;
      };
      const profiler = options.profile === true ? new Profiler() : undefined;
      const { onProgress, prepare = true } = options;
      const opened = await open();
      if (profiler !== undefined && !opened.device.features.has("timestamp-query")) {
        if (opened.isOwn) opened.device.destroy();
        throw new GlimpseError(
          {
            subject: 'option "profile"',
            problem: 'the GPU has no feature "timestamp-query", so it cannot time its kernels',
            advice: "Measure whole calls instead.",
          },
          { code: "unsupported" },
        );
      }
      const backend: WebGpuBackend = new WebGpuBackend({ open: reopen, profiler, onProgress, prepare }, opened);
      if (options.selfTest === false) return backend;
      try {
        const known = opened.isOwn ? testedNames.get(opened.name) : testedDevices.get(opened.device);
        const result = known ?? (await selfTest(backend));
        if (opened.isOwn) testedNames.set(opened.name, result);
        else testedDevices.set(opened.device, result);
        await profiler?.take();
        backend.half = result.half;
        if (result.reason !== undefined) {
          (options.warn ?? console.warn)(`glimpse: float16 weights become float32 on the GPU. ${result.reason}`);
        }
        return backend;
      } catch (error) {
        await backend.dispose();
        throw error;
      }
    },
  };
}

/** Tests a device that replaces a lost one. Rejects, and destroys it, where it does not compute what the lost one did. */
async function testReopened(opened: OpenedDevice, half: boolean): Promise<void> {
  const open = () => Promise.resolve(opened);
  const guest = { ...opened, isOwn: false };
  const probe = new WebGpuBackend({ open, profiler: undefined, onProgress: undefined, prepare: false }, guest);
  try {
    const result = await selfTest(probe);
    if (half && result.reason !== undefined) {
      const problem = `it was lost, and the next one is wrong (${result.reason})`;
      throw new GlimpseError({ subject: "GPU device", problem }, { code: "backend-unavailable" });
    }
  } catch (error) {
    opened.device.destroy();
    throw error;
  } finally {
    await probe.dispose();
  }
}
