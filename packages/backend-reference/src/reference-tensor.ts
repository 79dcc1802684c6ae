// A value of the reference backend. Its "device" is the heap, so dispose() only forgets.

import type { DeviceTensor } from "@glimpsejs/backend";
import { DisposedError, GlimpseError } from "@glimpsejs/base";
import { type DType, elementCount, type HostTensor } from "@glimpsejs/graph";
import { copyOf } from "./tensor.ts";

/** What a tensor belongs to: the backend that made it. All its tensors end with it. */
export interface Owner {
  readonly disposed: boolean;
}

/** A {@link DeviceTensor} that holds a host value. */
export class ReferenceTensor implements DeviceTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly owner: Owner;
  private current: HostTensor | undefined;

  /** Takes over `value`: nobody may write to its data any more. */
  constructor(owner: Owner, value: HostTensor) {
    this.owner = owner;
    this.dtype = value.dtype;
    this.shape = value.shape;
    this.current = value;
  }

  /** The value, not copied. Throws DisposedError. */
  get value(): HostTensor {
    if (this.current === undefined || this.owner.disposed) {
      throw new DisposedError(`tensor ${this.dtype}[${this.shape.join(", ")}]`);
    }
    return this.current;
  }

  async read(): Promise<HostTensor> {
    return copyOf(this.value);
  }

  dispose(): void {
    this.current = undefined;
  }
}

/** A copy of a caller's tensor. Throws "invalid-argument" if the data does not fill the shape. */
export function hostCopy(tensor: HostTensor, subject: string): HostTensor {
  const expected = elementCount(tensor.shape);
  if (tensor.data.length !== expected) {
    throw new GlimpseError(
      {
        subject,
        problem: "the data does not fill the shape",
        expected: `${expected} elements for [${tensor.shape.join(", ")}]`,
        got: String(tensor.data.length),
      },
      { code: "invalid-argument" },
    );
  }
  return copyOf(tensor);
}
