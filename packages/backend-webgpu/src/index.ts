// Runs Glimpse graphs on WebGPU. This file only lists the public names.
export type { Counters } from "./counters.ts";
export type {
  Gpu,
  GpuAdapter,
  GpuAdapterInfo,
  GpuBuffer,
  GpuDevice,
  GpuEncoder,
  GpuLayoutEntry,
  GpuLimits,
  GpuPass,
  GpuQuerySet,
  GpuQueue,
  GpuShaderModule,
} from "./gpu.ts";
export type { WeightProgress } from "./load-weights.ts";
export type { DispatchTime, Profiler } from "./profiler.ts";
export { type SelfTestResult, selfTest } from "./self-test.ts";
export { type WebGpuOptions, type WebGpuPlugin, webgpu } from "./webgpu.ts";
export type { WebGpuBackend } from "./webgpu-backend.ts";
