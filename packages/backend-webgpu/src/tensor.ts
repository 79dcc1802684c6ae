// A value on the GPU: a buffer, a shape, and for carried state the room it may grow into. Reading maps a staging buffer,
// late; what is small was copied there in the submit that made it.
import type { DeviceTensor } from "@glimpsejs/backend";
import { DisposedError, type GlimpseError } from "@glimpsejs/base";
import { type DType, elementCount, type HostTensor } from "@glimpsejs/graph";
import type { Shared } from "./buffers.ts";
import { type GpuBuffer, mapRead } from "./gpu.ts";
import type { Session } from "./session.ts";

/** Room along one axis: the buffer holds `capacity` rows there, of which the shape says how many are used. */
export interface Room {
  readonly axis: number;
  readonly capacity: number;
}

/** What a tensor is made of. */
export interface TensorContent {
  readonly session: Session;
  /** Undefined for a value without elements. */
  readonly storage: Shared | undefined;
  readonly room?: Room | undefined;
  /** What the run that writes it may fail with. */
  readonly failure?: Promise<GlimpseError | undefined> | undefined;
  /** A copy of the value that its run made for reading. */
  staging?: GpuBuffer | undefined;
}

/** Whether a backend has been disposed. */
export interface Lifetime {
  disposed: boolean;
}

/** A {@link DeviceTensor} of this backend. */
export class WebGpuTensor implements DeviceTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly lifetime: Lifetime;
  private current: TensorContent | undefined;

  constructor(dtype: DType, shape: readonly number[], content: TensorContent, lifetime: Lifetime) {
    this.dtype = dtype;
    this.shape = shape;
    this.lifetime = lifetime;
    this.current = content;
    content.session.counters.tensorBytes += content.storage?.bytes ?? 0;
  }

  /** What it holds. Throws DisposedError. */
  get content(): TensorContent {
    if (this.current === undefined || this.lifetime.disposed) {
      throw new DisposedError(`tensor ${this.dtype}[${this.shape.join(", ")}]`);
    }
    return this.current;
  }

  async read(): Promise<HostTensor> {
    const content = this.content;
    const bytes = 4 * elementCount(this.shape);
    if (content.storage === undefined || bytes === 0) return hostTensor(this.dtype, this.shape, new ArrayBuffer(0));
    const { session } = content;
    session.checkAlive();
    const { buffers, counters } = session;
    const staging = content.staging ?? copyToStaging(content, this.shape);
    content.staging = undefined;
    try {
      await staging.mapAsync(mapRead, 0, bytes);
    } catch (cause) {
      const failure = await content.failure;
      await session.settle();
      buffers.destroy(staging);
      session.checkAlive();
      if (this.lifetime.disposed) throw new DisposedError(`tensor ${this.dtype}[${this.shape.join(", ")}]`);
      throw failure ?? cause;
    }
    const data = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    buffers.giveStaging(staging);
    counters.bytesRead += bytes;
    const failure = await content.failure;
    if (failure !== undefined) throw failure;
    session.checkAlive();
    return hostTensor(this.dtype, this.shape, data);
  }

  dispose(): void {
    const content = this.current;
    this.current = undefined;
    if (content === undefined) return;
    content.session.counters.tensorBytes -= content.storage?.bytes ?? 0;
    content.storage?.release();
    if (content.staging !== undefined) content.session.buffers.giveStaging(content.staging);
  }
}

/** Where the used parts of a buffer with room are: pairs of byte offsets in the buffer and in a contiguous value. */
export function usedParts(
  shape: readonly number[],
  room: Room | undefined,
): readonly { readonly at: number; readonly to: number; readonly bytes: number }[] {
  const bytes = 4 * elementCount(shape);
  if (room === undefined || bytes === 0) return [{ at: 0, to: 0, bytes }];
  const inner = elementCount(shape.slice(room.axis + 1));
  const used = 4 * (shape[room.axis] ?? 0) * inner;
  const stride = 4 * room.capacity * inner;
  return Array.from({ length: elementCount(shape.slice(0, room.axis)) }, (_, i) => {
    return { at: i * stride, to: i * used, bytes: used };
  });
}

function copyToStaging({ session, storage, room }: TensorContent, shape: readonly number[]): GpuBuffer {
  const staging = session.buffers.takeStaging(4 * elementCount(shape));
  const encoder = session.device.createCommandEncoder();
  for (const { at, to, bytes } of usedParts(shape, room)) {
    encoder.copyBufferToBuffer(storage?.buffer as never, at, staging as never, to, bytes);
  }
  session.device.queue.submit([encoder.finish() as never]);
  return staging;
}

function hostTensor(dtype: DType, shape: readonly number[], data: ArrayBuffer): HostTensor {
  return dtype === "int32"
    ? { dtype, shape, data: new Int32Array(data) }
    : { dtype: "float32", shape, data: new Float32Array(data) };
}
