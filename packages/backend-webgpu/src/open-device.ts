// Finding a GPU: the one that was handed in, the browser's, or in Node that of the npm package webgpu.
import { GlimpseError, type Problem } from "@glimpsejs/base";
import type { Features } from "@glimpsejs/wgsl";
import type { Gpu, GpuAdapter, GpuAdapterInfo, GpuDevice } from "./gpu.ts";
import { limitProblems } from "./limits.ts";
import type { OpenedDevice } from "./session.ts";

/** Where a device comes from. */
export interface DeviceOptions {
  readonly device?: GpuDevice | undefined;
  readonly gpu?: Gpu | undefined;
  readonly powerPreference?: "low-power" | "high-performance" | undefined;
  readonly software?: boolean | undefined;
}

/** An adapter, or why there is none. */
export type FoundAdapter = { readonly adapter: GpuAdapter } | NoGpu;

/** Why there is no GPU; `missing` if it is for want of a package. */
interface NoGpu {
  readonly problems: readonly Problem[];
  readonly missing: boolean;
}

const subject = 'backend "webgpu"';
const useful = ["subgroups", "timestamp-query"];

/** Looks for an adapter. */
export async function findAdapter({ gpu, powerPreference, software = true }: DeviceOptions): Promise<FoundAdapter> {
  const found = gpu === undefined ? await findGpu() : { gpu };
  if ("problems" in found) return found;
  const adapter = await found.gpu.requestAdapter({ powerPreference: powerPreference ?? "high-performance" });
  const none = (problem: string, advice?: string) => ({ problems: [{ subject, problem, advice }], missing: false });
  if (adapter === null) return none("WebGPU finds no GPU here", "A driver for Vulkan, Metal or Direct3D 12 is needed.");
  if (!software && isSoftware(adapter.info)) {
    return none(`WebGPU finds no GPU here, only a program that imitates one (${describe(adapter.info)})`);
  }
  const problems = limitProblems(adapter.limits);
  return problems.length > 0 ? { problems, missing: false } : { adapter };
}

/** Opens a device with the default limits, but for buffers as large as the adapter allows. */
export async function openDevice(options: DeviceOptions): Promise<OpenedDevice> {
  const { device } = options;
  if (device !== undefined) {
    const problems = limitProblems(device.limits);
    if (problems.length > 0) throw new GlimpseError(problems, { code: "backend-unavailable" });
    const info = device.adapterInfo;
    return {
      device,
      isOwn: false,
      name: "",
      isSoftware: info !== undefined && isSoftware(info),
      features: featuresOf(device, info),
    };
  }
  const found = await findAdapter(options);
  if ("problems" in found) {
    throw new GlimpseError(found.problems, { code: found.missing ? "missing-package" : "backend-unavailable" });
  }
  const { adapter } = found;
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  try {
    const opened = await adapter.requestDevice({
      requiredFeatures: useful.filter((name) => adapter.features.has(name)) as never[],
      requiredLimits: { maxStorageBufferBindingSize, maxBufferSize },
    });
    const { info } = adapter;
    return {
      device: opened,
      isOwn: true,
      name: describe(info),
      isSoftware: isSoftware(info),
      features: featuresOf(opened, info),
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GlimpseError(
      { subject, problem: `the GPU cannot be opened (${reason.trim()})` },
      { code: "backend-unavailable", cause },
    );
  }
}

/** An adapter in a few words. */
export function describe({ vendor, architecture, device, description }: GpuAdapterInfo): string {
  return [vendor, architecture, description === "" ? device : description].filter((text) => text !== "").join(" ");
}

function isSoftware(info: GpuAdapterInfo): boolean {
  return /swiftshader|llvmpipe|lavapipe|basic render/i.test(describe(info));
}

function featuresOf(device: GpuDevice, info: GpuAdapterInfo | undefined): Features {
  const storageBuffers = device.limits.maxStorageBuffersPerShaderStage;
  const { subgroupMinSize: min, subgroupMaxSize: max } = info ?? {};
  const known = device.features.has("subgroups") && min !== undefined && max !== undefined;
  return { storageBuffers, subgroups: known ? { min, max } : undefined };
}

type FoundGpu = { readonly gpu: Gpu } | NoGpu;

// Kept once it is made: Dawn frees it when it is garbage, whether or not there are devices of it still.
let dawnGpu: Gpu | undefined;

async function findGpu(): Promise<FoundGpu> {
  const { navigator, process } = globalThis as {
    readonly navigator?: { readonly gpu?: Gpu };
    readonly process?: { readonly versions?: { readonly node?: string } };
  };
  if (navigator?.gpu !== undefined) return { gpu: navigator.gpu };
  if (process?.versions?.node === undefined) {
    const problem = { subject, problem: "this browser has no WebGPU", advice: "Take a newer one." };
    return { problems: [problem], missing: false };
  }
  try {
    // Not a literal, so that bundlers for browsers leave it alone.
    const name = "webgpu";
    const dawn = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as {
      create(options: string[]): Gpu;
    };
    // Pages get times in steps of 65 µs, so that they cannot spy with them: longer than most kernels take. Node's may be exact.
    dawnGpu ??= dawn.create(["disable-dawn-features=timestamp_quantization"]);
    return { gpu: dawnGpu };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const missing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
    const reason = error instanceof Error ? error.message : String(error);
    const problem = missing ? "the package webgpu is not installed" : `the package webgpu cannot be loaded (${reason})`;
    const advice = missing ? "Run: npm install webgpu" : undefined;
    return { problems: [{ subject, problem, advice }], missing };
  }
}
