// Tensors of this backend: values of ONNX Runtime in JavaScript's or the GPU's memory, with an owner and an end.
import type { DeviceTensor } from "@glimpsejs/backend";
import { DisposedError, GlimpseError } from "@glimpsejs/base";
import { type DType, elementCount, type HostTensor } from "@glimpsejs/graph";
import type { Lane } from "./lane.ts";
import type { OrtRuntime, OrtValue } from "./ort-runtime.ts";

/** What the tensors of one open backend share. */
export interface Lifetime {
  disposed: boolean;
  /** Everything that the runtime does, one after the other. */
  readonly lane: Lane;
  /** Tensors that hold memory of the GPU. */
  readonly onGpu: Set<OrtTensor>;
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
    if (content.location === "gpu-buffer") lifetime.onGpu.add(this);
  }

  /** What ONNX Runtime is fed with; throws DisposedError after dispose(). */
  get value(): OrtValue {
    if (this.content === undefined || this.lifetime.disposed) {
      throw new DisposedError(`tensor ${this.dtype}[${this.shape.join(", ")}]`);
    }
    return this.content;
  }

  async read(): Promise<HostTensor> {
    const { value, shape } = this;
    const data = await this.lifetime.lane
      .run(() => value.getData())
      .catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new GlimpseError(
          { subject: `tensor ${this.dtype}[${shape.join(", ")}]`, problem: `it cannot be read (${reason})` },
          { code: "backend", cause },
        );
      });
    if (data instanceof Float32Array) return { dtype: "float32", shape, data: data.slice() };
    if (data instanceof Int32Array) return { dtype: "int32", shape, data: data.slice() };
    throw unsupported("tensor", this.dtype);
  }

  /** False once disposed or consumed. */
  get isAlive(): boolean {
    return this.content !== undefined && !this.lifetime.disposed;
  }

  /** Brings the value into JavaScript's memory, to stay. What was on a GPU that is lost is gone: read() says so. */
  async moveToHost(): Promise<void> {
    await this.content?.getData().catch(() => undefined);
    this.lifetime.onGpu.delete(this);
  }

  /** Gives up the value without freeing it: the run that takes it frees it. */
  consume(): OrtValue {
    const { value } = this;
    this.content = undefined;
    this.lifetime.onGpu.delete(this);
    return value;
  }

  dispose(): void {
    const { content } = this;
    this.content = undefined;
    this.lifetime.onGpu.delete(this);
    // After the runs that were called before, which may still read it.
    if (content?.location === "gpu-buffer") void this.lifetime.lane.run(async () => content.dispose());
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
