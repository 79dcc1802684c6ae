// WebGPU as far as this package uses it, said by its shape: the types of the DOM and of @webgpu/types would become part of
// everybody's type check. A browser's GPUDevice and that of the npm package webgpu both fit.

/** `navigator.gpu`, or what `create()` of the npm package webgpu returns. */
export interface Gpu {
  requestAdapter(options?: { readonly powerPreference?: "low-power" | "high-performance" }): Promise<GpuAdapter | null>;
}

/** A GPUAdapter. */
export interface GpuAdapter {
  readonly features: ReadonlySet<string>;
  readonly limits: GpuLimits;
  readonly info: GpuAdapterInfo;
  requestDevice(descriptor?: {
    readonly requiredFeatures?: Iterable<never>;
    readonly requiredLimits?: Record<string, number>;
  }): Promise<GpuDevice>;
}

/** What an adapter says of itself; any of it may be empty. */
export interface GpuAdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly subgroupMinSize?: number;
  readonly subgroupMaxSize?: number;
}

/** The limits that are looked at. */
export interface GpuLimits {
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupSizeX: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly minUniformBufferOffsetAlignment: number;
}

/** A GPUDevice. */
export interface GpuDevice {
  readonly features: ReadonlySet<string>;
  readonly limits: GpuLimits;
  readonly queue: GpuQueue;
  readonly lost: Promise<{ readonly reason?: string; readonly message: string }>;
  readonly adapterInfo?: GpuAdapterInfo;
  createBuffer(descriptor: { readonly size: number; readonly usage: number; readonly label?: string }): GpuBuffer;
  createShaderModule(descriptor: { readonly code: string; readonly label?: string }): GpuShaderModule;
  createBindGroupLayout(descriptor: { readonly entries: Iterable<GpuLayoutEntry> }): object;
  createPipelineLayout(descriptor: { readonly bindGroupLayouts: Iterable<never> }): object;
  createComputePipelineAsync(descriptor: {
    readonly layout: never;
    readonly compute: { readonly module: never; readonly entryPoint: string };
    readonly label?: string;
  }): Promise<object>;
  createBindGroup(descriptor: { readonly layout: never; readonly entries: Iterable<never> }): object;
  createCommandEncoder(): GpuEncoder;
  createQuerySet(descriptor: { readonly type: "timestamp"; readonly count: number }): GpuQuerySet;
  pushErrorScope(filter: "validation" | "out-of-memory" | "internal"): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
  destroy(): void;
}

/** A GPUShaderModule. */
export interface GpuShaderModule {
  getCompilationInfo(): Promise<{
    readonly messages: readonly { readonly type: string; readonly message: string; readonly lineNum: number }[];
  }>;
}

/** An entry of a GPUBindGroupLayout. */
export interface GpuLayoutEntry {
  readonly binding: number;
  readonly visibility: number;
  readonly buffer: { readonly type: "uniform" | "storage" | "read-only-storage" };
}

/** A GPUBuffer. */
export interface GpuBuffer {
  readonly size: number;
  mapAsync(mode: number, offset?: number, size?: number): Promise<unknown>;
  getMappedRange(offset?: number, size?: number): ArrayBuffer;
  unmap(): unknown;
  destroy(): unknown;
}

/** A GPUQuerySet. */
export interface GpuQuerySet {
  destroy(): unknown;
}

/** A GPUQueue. */
export interface GpuQueue {
  writeBuffer(buffer: never, offset: number, data: ArrayBufferView, dataOffset?: number, size?: number): unknown;
  submit(commands: Iterable<never>): unknown;
  onSubmittedWorkDone(): Promise<unknown>;
}

/** A GPUCommandEncoder. */
export interface GpuEncoder {
  beginComputePass(descriptor?: object): GpuPass;
  copyBufferToBuffer(from: never, fromOffset: number, to: never, toOffset: number, size: number): unknown;
  resolveQuerySet(set: never, first: number, count: number, to: never, offset: number): unknown;
  finish(): object;
}

/** A GPUComputePassEncoder. */
export interface GpuPass {
  setPipeline(pipeline: never): unknown;
  setBindGroup(index: number, group: never): unknown;
  dispatchWorkgroups(x: number, y?: number, z?: number): unknown;
  end(): unknown;
}

/** GPUBufferUsage. */
export const usage = { mapRead: 1, copySrc: 4, copyDst: 8, uniform: 0x40, storage: 0x80, queryResolve: 0x200 } as const;

/** GPUMapMode.READ. */
export const mapRead = 1;
/** GPUShaderStage.COMPUTE. */
export const computeStage = 4;
