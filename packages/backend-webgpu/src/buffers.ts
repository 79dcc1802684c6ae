// Buffers of one device: counted, shared by reference count, and used again. A buffer that is freed while the GPU still
// reads it may be handed out at once, because a queue does its work in order.
import type { Counters } from "./counters.ts";
import { type GpuBuffer, type GpuDevice, usage } from "./gpu.ts";

/** A buffer with an owner or several. */
export interface Shared {
  readonly id: number;
  readonly buffer: GpuBuffer;
  readonly bytes: number;
  /** One more owner. */
  retain(): void;
  /** One owner less; the last one frees it. */
  release(): void;
}

const storage = usage.storage | usage.copySrc | usage.copyDst;

/** Freed buffers are kept up to this many bytes. */
const keptBytes = 64 * 2 ** 20;

/** Makes and keeps the buffers of a device. */
export class Buffers {
  private readonly device: GpuDevice;
  private readonly counters: Counters;
  private readonly free = new Map<number, { readonly id: number; readonly buffer: GpuBuffer }[]>();
  private readonly staging = new Map<number, GpuBuffer[]>();
  private readonly all = new Set<GpuBuffer>();
  private freeBytes = 0;
  private nextId = 0;
  private closed = false;

  constructor(device: GpuDevice, counters: Counters) {
    this.device = device;
    this.counters = counters;
  }

  /** A buffer of at least that many bytes; its content is whatever it was. */
  take(bytes: number): Shared {
    const size = rounded(bytes);
    const kept = this.free.get(size)?.pop();
    if (kept !== undefined) this.freeBytes -= size;
    const { id, buffer } = kept ?? { id: this.nextId++, buffer: this.create(size, storage, "tensor") };
    let owners = 1;
    return {
      id,
      buffer,
      bytes: size,
      retain: () => {
        owners++;
      },
      release: () => {
        owners--;
        if (owners === 0) this.give(id, buffer, size);
      },
    };
  }

  /** A buffer for as long as the caller wants, of exactly that many bytes (at least 16, a multiple of 4). */
  create(bytes: number, use: number, label: string): GpuBuffer {
    const size = Math.max(16, 4 * Math.ceil(bytes / 4));
    const buffer = this.device.createBuffer({ size, usage: use, label });
    this.all.add(buffer);
    this.count(size);
    return buffer;
  }

  /** Destroys a buffer of {@link create}. */
  destroy(buffer: GpuBuffer): void {
    if (!this.all.delete(buffer)) return;
    this.count(-buffer.size);
    buffer.destroy();
  }

  /** A buffer that the host can map, of at least that many bytes. */
  takeStaging(bytes: number): GpuBuffer {
    const size = stagingSize(bytes);
    return this.staging.get(size)?.pop() ?? this.create(size, usage.mapRead | usage.copyDst, "staging");
  }

  /** Gives a staging buffer back, unmapped. */
  giveStaging(buffer: GpuBuffer): void {
    // Those of whole logits are kept, larger ones are rare.
    if (this.closed || buffer.size > 2 ** 22) {
      this.destroy(buffer);
      return;
    }
    const list = this.staging.get(buffer.size) ?? [];
    list.push(buffer);
    this.staging.set(buffer.size, list);
  }

  /** Destroys everything, also what is in use. */
  close(): void {
    this.closed = true;
    for (const buffer of [...this.all]) this.destroy(buffer);
    this.free.clear();
    this.staging.clear();
    this.freeBytes = 0;
  }

  private give(id: number, buffer: GpuBuffer, size: number): void {
    if (this.closed) return;
    if (this.freeBytes + size > keptBytes) {
      this.destroy(buffer);
      return;
    }
    const list = this.free.get(size) ?? [];
    list.push({ id, buffer });
    this.free.set(size, list);
    this.freeBytes += size;
  }

  private count(bytes: number): void {
    this.counters.bytes += bytes;
    this.counters.peakBytes = Math.max(this.counters.peakBytes, this.counters.bytes);
  }
}

function rounded(bytes: number): number {
  return Math.max(256, 256 * Math.ceil(bytes / 256));
}

function stagingSize(bytes: number): number {
  return bytes <= 2 ** 20 ? 2 ** Math.ceil(Math.log2(Math.max(256, bytes))) : rounded(bytes);
}
