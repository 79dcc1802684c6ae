// A GPU that computes nothing: every int32 it gives is the same. Its devices can be lost or refuse something at any point, which no
// real one does when asked; tests of losses and errors take milliseconds on it.
import type { Gpu, GpuAdapter, GpuBuffer, GpuDevice, GpuLimits } from "../src/gpu.ts";

/** The limits that every device has. */
export const defaultLimits: GpuLimits = {
  maxStorageBufferBindingSize: 2 ** 27,
  maxBufferSize: 2 ** 28,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeWorkgroupsPerDimension: 65_535,
  minUniformBufferOffsetAlignment: 256,
};

type Filter = Parameters<GpuDevice["pushErrorScope"]>[0];

/** What a device is asked to do. */
export type FakeEvent = "buffer" | "write" | "pipeline" | "dispatch" | "submit" | "map";

/** A device that can be lost. */
export class FakeDevice {
  readonly features: ReadonlySet<string>;
  readonly limits: GpuLimits;
  readonly lost: Promise<{ readonly message: string }>;
  /** Errors that no scope was open for. */
  readonly uncaptured: string[] = [];
  destroyed = false;
  readonly queue = {
    writeBuffer: () => this.told("write"),
    submit: () => this.told("submit"),
    onSubmittedWorkDone: async () => this.alive(),
  };
  private readonly gives: number;
  private readonly told: (event: FakeEvent) => void;
  private readonly scopes: { readonly filter: Filter; message?: string }[] = [];
  private isLost = false;
  private resolveLost: (info: { readonly message: string }) => void = () => {};

  constructor(
    { limits, features }: Pick<GpuAdapter, "limits" | "features">,
    gives: number,
    on: (event: FakeEvent, device: FakeDevice) => void,
  ) {
    this.gives = gives;
    this.limits = limits;
    this.features = features;
    this.told = (event) => on(event, this);
    this.lost = new Promise((resolve) => {
      this.resolveLost = resolve;
    });
  }

  /** It as the backend sees it. */
  get asDevice(): GpuDevice {
    return this as unknown as GpuDevice;
  }

  /** From now on everything fails, as far as a lost device tells. */
  lose(message = "gone"): void {
    this.isLost = true;
    this.resolveLost({ message });
  }

  /** An error of what it is asked for now. */
  report(filter: Filter, message: string): void {
    const scope = this.scopes.findLast((open) => open.filter === filter);
    if (scope === undefined) this.uncaptured.push(message);
    else scope.message ??= message;
  }

  destroy(): void {
    this.destroyed = true;
    this.lose("destroyed");
  }

  pushErrorScope(filter: Filter): void {
    this.scopes.push({ filter });
  }

  async popErrorScope(): Promise<{ readonly message: string } | null> {
    const message = this.scopes.pop()?.message;
    this.alive();
    return message === undefined ? null : { message };
  }

  createBuffer({ size }: { readonly size: number }): GpuBuffer {
    this.told("buffer");
    let gone = false;
    return {
      size,
      mapAsync: async () => {
        this.told("map");
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (gone) throw new DOMException("The buffer was destroyed.", "AbortError");
        this.alive();
      },
      getMappedRange: (_, bytes = size) => new Int32Array(bytes / 4).fill(this.gives).buffer,
      unmap() {},
      destroy: () => {
        gone = true;
      },
    };
  }

  createShaderModule(): object {
    return {};
  }

  createBindGroupLayout(): object {
    return {};
  }

  createPipelineLayout(): object {
    return {};
  }

  createBindGroup(): object {
    return {};
  }

  createQuerySet() {
    return { destroy() {} };
  }

  async createComputePipelineAsync(): Promise<object> {
    this.told("pipeline");
    this.alive();
    return {};
  }

  createCommandEncoder() {
    const pass = {
      setPipeline() {},
      setBindGroup() {},
      dispatchWorkgroups: () => this.told("dispatch"),
      end() {},
    };
    return { copyBufferToBuffer() {}, resolveQuerySet() {}, finish: () => ({}), beginComputePass: () => pass };
  }

  private alive(): void {
    if (this.isLost) throw new DOMException("[Device] is lost.", "AbortError");
  }
}

/** A GPU and the devices that it has opened; `on` is told what they are asked for, before it is done. Every int32 is `gives`. */
export function fakeGpu({
  on = () => {},
  gives = 3,
  limits = {},
  features = [],
}: {
  readonly gives?: number;
  readonly on?: (event: FakeEvent, device: FakeDevice) => void;
  readonly limits?: Partial<GpuLimits>;
  readonly features?: readonly string[];
} = {}): { readonly gpu: Gpu; readonly devices: readonly FakeDevice[] } {
  const devices: FakeDevice[] = [];
  const adapter: GpuAdapter = {
    features: new Set(features),
    limits: { ...defaultLimits, ...limits },
    info: { vendor: "acme", architecture: "", device: "", description: "" },
    async requestDevice() {
      const device = new FakeDevice(adapter, gives, on);
      devices.push(device);
      return device.asDevice;
    },
  };
  return { gpu: { requestAdapter: async () => adapter }, devices };
}
