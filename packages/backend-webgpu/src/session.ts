// One device while it lives: its buffers, its pipelines, and whether it is lost. A backend has one session at a time; after
// a loss it opens the next.
import { GlimpseError } from "@glimpsejs/base";
import type { Features, Kernel } from "@glimpsejs/wgsl";
import { Buffers } from "./buffers.ts";
import type { Counters } from "./counters.ts";
import { deviceLost, refused } from "./failures.ts";
import { computeStage, type GpuBuffer, type GpuDevice, mapRead } from "./gpu.ts";

/** A kernel ready to run. */
export interface Pipeline {
  readonly pipeline: object;
  readonly layout: object;
}

/** A device that was opened here or handed in. */
export interface OpenedDevice {
  readonly device: GpuDevice;
  /** Whether the backend opened it, and so destroys and reopens it. */
  readonly isOwn: boolean;
  /** What its adapter calls itself; empty for a device that was handed in. */
  readonly name: string;
  /** Whether it is a program that imitates a GPU. */
  readonly isSoftware: boolean;
  readonly features: Features;
}

/** Pipelines by the text of their kernels. Backends on one device that was handed in share them. */
const pipelinesOf = new WeakMap<GpuDevice, Map<string, Promise<Pipeline>>>();

/** A device and what was made on it. */
export class Session {
  readonly device: GpuDevice;
  readonly isOwn: boolean;
  readonly features: Features;
  readonly buffers: Buffers;
  readonly counters: Counters;
  private readonly pipelines: Map<string, Promise<Pipeline>>;
  private lossMessage: string | undefined;
  private closed = false;

  constructor({ device, isOwn, features }: OpenedDevice, counters: Counters) {
    this.device = device;
    this.isOwn = isOwn;
    this.features = features;
    this.counters = counters;
    this.buffers = new Buffers(device, counters);
    this.pipelines = pipelinesOf.get(device) ?? new Map();
    pipelinesOf.set(device, this.pipelines);
    void device.lost.then(({ message }) => {
      // What dispose() destroys is not lost; what was lost stays so, though another session has replaced it.
      if (!this.closed) this.lossMessage = message;
    });
  }

  /** Whether the device went while the session was open. */
  get isLost(): boolean {
    return this.lossMessage !== undefined;
  }

  /** Waits until a loss that has happened is known. */
  async settle(): Promise<void> {
    await Promise.race([this.device.lost, new Promise<void>((resolve) => setTimeout(resolve, 0))]);
  }

  /** The error of the loss. */
  lossError(): GlimpseError {
    const advice = this.isOwn
      ? "Call again: the device is opened anew."
      : "Open a backend on a new device; this one was handed in.";
    return deviceLost(this.lossMessage ?? "", advice);
  }

  /** Throws "device-lost" after a loss. */
  checkAlive(): void {
    if (this.isLost) throw this.lossError();
  }

  /**
   * The first bytes of a staging buffer, which is given back; `phase` says what they are read for. Rejects with
   * "device-lost", "out-of-memory" or "backend".
   */
  async readStaging(staging: GpuBuffer, bytes: number, phase: string): Promise<ArrayBuffer> {
    try {
      await staging.mapAsync(mapRead, 0, bytes);
      const data = staging.getMappedRange(0, bytes).slice(0);
      staging.unmap();
      this.buffers.giveStaging(staging);
      return data;
    } catch (cause) {
      await this.settle();
      this.buffers.destroy(staging);
      this.checkAlive();
      throw refused(phase, cause);
    }
  }

  /** The pipeline of a kernel, made once. Rejects with "backend", naming the kernel. */
  pipeline(kernel: Kernel): Promise<Pipeline> {
    let made = this.pipelines.get(kernel.code);
    if (made === undefined) {
      made = this.makePipeline(kernel);
      this.pipelines.set(kernel.code, made);
      made.catch(() => this.pipelines.delete(kernel.code));
    }
    return made;
  }

  /** Destroys all buffers, and the device if it is our own. */
  close(): void {
    this.closed = true;
    this.buffers.close();
    if (this.isOwn) this.device.destroy();
  }

  private async makePipeline(kernel: Kernel): Promise<Pipeline> {
    const { device } = this;
    const uniform = { binding: 0, visibility: computeStage, buffer: { type: "uniform" as const } };
    const storage = kernel.access.map((access, i) => {
      const type = access === "read" ? ("read-only-storage" as const) : ("storage" as const);
      return { binding: i + 1, visibility: computeStage, buffer: { type } };
    });
    const layout = device.createBindGroupLayout({ entries: [uniform, ...storage] });
    const module = device.createShaderModule({ code: kernel.code, label: kernel.name });
    try {
      const pipeline = await device.createComputePipelineAsync({
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout as never] }) as never,
        compute: { module: module as never, entryPoint: "main" },
        label: kernel.name,
      });
      this.counters.pipelines++;
      return { pipeline, layout };
    } catch (cause) {
      await this.settle();
      this.checkAlive();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new GlimpseError(
        { subject: `kernel "${kernel.name}"`, problem: `the device cannot make its pipeline (${reason.trim()})` },
        { code: "backend", cause },
      );
    }
  }
}
