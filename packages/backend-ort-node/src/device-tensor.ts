// Tensors of this backend: values of ONNX Runtime in host memory, with an owner and an end.
import type { DeviceTensor } from "@glimpsejs/backend";
import { DisposedError, GlimpseError } from "@glimpsejs/base";
import { type DType, elementCount, type HostTensor } from "@glimpsejs/graph";
import type { OrtRuntime } from "./ort-runtime.ts";

/** A tensor of ONNX Runtime. */
export type OrtValue = InstanceType<OrtRuntime["Tensor"]>;

/** Whether a backend has been disposed; its tensors share it, so that it need not hold them. */
export interface Lifetime {
  disposed: boolean;
}

/** A {@link DeviceTensor} of one open backend. */
export class OrtTensor implements DeviceTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly lifetime: Lifetime;
  private content: OrtValue | undefined;

  constructor(dtype: DType, content: OrtValue, lifetime: Lifetime) {
    this.dtype = dtype;
    this.shape = content.dims;
    this.content = content;
    this.lifetime = lifetime;
  }

  /** What ONNX Runtime is fed with; throws DisposedError after dispose(). */
  get value(): OrtValue {
    if (this.content === undefined || this.lifetime.disposed) {
      throw new DisposedError(`tensor ${this.dtype}[${this.shape.join(", ")}]`);
    }
    return this.content;
  }

  async read(): Promise<HostTensor> {
    const { data } = this.value;
    if (data instanceof Float32Array) return { dtype: "float32", shape: this.shape, data: data.slice() };
    if (data instanceof Int32Array) return { dtype: "int32", shape: this.shape, data: data.slice() };
    throw unsupported("tensor", this.dtype);
  }

  dispose(): void {
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
