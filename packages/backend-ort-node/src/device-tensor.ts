// Tensors of this backend: values of ONNX Runtime in host memory, with an owner and an end.
import type { DeviceTensor } from "@glimpsejs/backend";
import { DisposedError, GlimpseError } from "@glimpsejs/base";
import { type DType, elementCount, type HostTensor } from "@glimpsejs/graph";
import type { Memory } from "./memory.ts";
import type { OrtRuntime } from "./ort-runtime.ts";
import { filled } from "./state-in-place.ts";

/** A tensor of ONNX Runtime. */
export type OrtValue = InstanceType<OrtRuntime["Tensor"]>;

/** Whether a backend has been disposed, and its memory; its tensors share it, so that it need not hold them. */
export interface Lifetime {
  disposed: boolean;
  readonly memory: Memory;
}

/** Keys or values [B, H, room, d], of which the first `used` slots are filled. */
export interface Slots {
  readonly value: OrtValue;
  readonly used: number;
}

/** A {@link DeviceTensor} of one open backend. */
export class OrtTensor implements DeviceTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly lifetime: Lifetime;
  private content: OrtValue | undefined;
  private readonly used: number | undefined;

  /** With `used`, only so many slots of the content, [B, H, room, d], are the tensor's. */
  constructor(dtype: DType, content: OrtValue, lifetime: Lifetime, used?: number) {
    this.dtype = dtype;
    this.shape = used === undefined ? content.dims : content.dims.with(2, used);
    this.content = content;
    this.lifetime = lifetime;
    this.used = used;
  }

  /** Whether all of the content is the tensor's. */
  get isWhole(): boolean {
    return this.used === undefined || this.used === this.slots.value.dims[2];
  }

  /** All of it, with what room there is; throws DisposedError after dispose(). */
  get slots(): Slots {
    if (this.content === undefined || this.lifetime.disposed) {
      throw new DisposedError(`tensor ${this.dtype}[${this.shape.join(", ")}]`);
    }
    return { value: this.content, used: this.used ?? this.content.dims[2] ?? 0 };
  }

  /** A copy on the host; throws as {@link slots}. */
  contents(): HostTensor {
    const { value, used } = this.slots;
    const { data } = value;
    if (this.used !== undefined) return { dtype: "float32", shape: this.shape, data: filled({ value, used }) };
    if (data instanceof Float32Array) return { dtype: "float32", shape: this.shape, data: data.slice() };
    if (data instanceof Int32Array) return { dtype: "int32", shape: this.shape, data: data.slice() };
    throw unsupported("tensor", this.dtype);
  }

  async read(): Promise<HostTensor> {
    return this.contents();
  }

  dispose(): void {
    if (this.content !== undefined) this.lifetime.memory.free([this.content]);
    this.content = undefined;
  }

  /** The end of it, whose content goes on as another tensor's. */
  passOn(): void {
    this.content = undefined;
  }
}

/**
 * Copies a host value, so that the caller may change it while a run is waiting. Throws "invalid-argument" if the data
 * does not fill the shape, "unsupported" for dtypes that no op of a graph takes.
 */
export function toOrt(ort: OrtRuntime, value: HostTensor, subject: string): OrtValue {
  const expected = elementCount(value.shape);
  if (value.data.length !== expected) {
    throw new GlimpseError(
      {
        subject,
        problem: "the data does not fill the shape",
        expected: `${expected} elements for [${value.shape.join(", ")}]`,
        got: String(value.data.length),
      },
      { code: "invalid-argument" },
    );
  }
  if (value.dtype === "float32") return new ort.Tensor("float32", value.data.slice(), value.shape);
  if (value.dtype === "int32") return new ort.Tensor("int32", value.data.slice(), value.shape);
  throw unsupported(subject, value.dtype);
}

function unsupported(subject: string, dtype: DType): GlimpseError {
  return new GlimpseError(
    { subject, problem: "the dtype is not one that graphs compute in", expected: "float32 or int32", got: dtype },
    { code: "unsupported" },
  );
}
