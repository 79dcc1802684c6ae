// Host tensors as kernels see them: float32 or int32 where there is arithmetic, bytes where values only move.
import { bytesPerElement, type DType, elementCount, type HostTensor, viewAs } from "@glimpsejs/graph";

/** The elements of a float32 tensor. Throws TypeError on any other, which a verified graph does not have there. */
export function floats(tensor: HostTensor): Float32Array {
  if (tensor.dtype !== "float32") throw new TypeError(`floats: wrong dtype, expected float32, got ${tensor.dtype}.`);
  return tensor.data;
}

/** The elements of an int32 tensor. Throws TypeError on any other, which a verified graph does not have there. */
export function ints(tensor: HostTensor): Int32Array {
  if (tensor.dtype !== "int32") throw new TypeError(`ints: wrong dtype, expected int32, got ${tensor.dtype}.`);
  return tensor.data;
}

/** The bytes of a tensor of any dtype, not copied. */
export function bytesOf({ data }: HostTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The tensor that `bytes` are. */
export function fromBytes(dtype: DType, shape: readonly number[], bytes: Uint8Array): HostTensor {
  // That dtype and data belong together is what viewAs promises; TypeScript does not follow the union of all pairs.
  return { dtype, shape, data: viewAs(bytes, dtype) } as HostTensor;
}

/** A tensor with its own copy of the data. */
export function copyOf(tensor: HostTensor): HostTensor {
  return fromBytes(tensor.dtype, tensor.shape, bytesOf(tensor).slice());
}

/** Sizes of a tensor seen from one axis: how many blocks stand before it, and how many bytes one step along it is. */
export function strides({ dtype, shape }: HostTensor, axis: number): { outer: number; stepBytes: number } {
  return {
    outer: elementCount(shape.slice(0, axis)),
    stepBytes: elementCount(shape.slice(axis + 1)) * bytesPerElement[dtype],
  };
}
