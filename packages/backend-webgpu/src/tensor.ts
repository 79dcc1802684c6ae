// A value on the GPU: a buffer, a shape, and for carried state the room it may grow into. Reading maps a staging buffer,
// late; what is small was copied there in the submit that made it.
import type { DeviceTensor } from "@glimpsejs/backend";
import { DisposedError, type GlimpseError } from "@glimpsejs/base";
import { type DType, elementCount, type HostTensor } from "@glimpsejs/graph";
import type { Shared } from "./buffers.ts";
import { watched } from "./failures.ts";
import type { GpuBuffer } from "./gpu.ts";
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
      throw new DisposedError(`${this}`);
    }
    return this.current;
  }

  async read(): Promise<HostTensor> {
    const content = this.content;
    const bytes = 4 * elementCount(this.shape);
    if (content.storage === undefined || bytes === 0) return hostTensor(this.dtype, this.shape, new ArrayBuffer(0));
    const { session } = content;
    session.checkAlive();
    const { staging, failure } = stagingOf(content, this.shape);
    content.staging = undefined;
    let data: ArrayBuffer;
    try {
      data = await session.readStaging(staging, bytes, `reading ${this}`);
    } catch (error) {
      if (this.lifetime.disposed) throw new DisposedError(`${this}`);
      if (session.isLost) throw error;
      // Why there is nothing to read says more than that there is nothing.
      throw (await failure) ?? error;
    }
    session.counters.bytesRead += bytes;
    const error = await failure;
    if (error !== undefined) throw error;
    session.checkAlive();
    return hostTensor(this.dtype, this.shape, data);
  }

  toString(): string {
    return `tensor ${this.dtype}[${this.shape.join(", ")}]`;
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

/** A copy of a value that can be mapped, and what making it may fail with. */
function stagingOf(
  { session, storage, room, failure, staging }: TensorContent,
  shape: readonly number[],
): { readonly staging: GpuBuffer; readonly failure: TensorContent["failure"] } {
  if (staging !== undefined) return { staging, failure };
  const { device, buffers } = session;
  const copied = watched(device, "copying a value for reading", () => {
    const made = buffers.takeStaging(4 * elementCount(shape));
    const encoder = device.createCommandEncoder();
    for (const { at, to, bytes } of usedParts(shape, room)) {
      encoder.copyBufferToBuffer(storage?.buffer as never, at, made as never, to, bytes);
    }
    device.queue.submit([encoder.finish() as never]);
    return made;
  });
  return { staging: copied.result, failure: Promise.resolve(failure).then((first) => first ?? copied.failure) };
}

function hostTensor(dtype: DType, shape: readonly number[], data: ArrayBuffer): HostTensor {
  return dtype === "int32"
    ? { dtype, shape, data: new Int32Array(data) }
    : { dtype: "float32", shape, data: new Float32Array(data) };
}
