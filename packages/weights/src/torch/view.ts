// Tensors as PyTorch stores them: strided views of flat storages. Where a view lies in the file, and how it is put in
// row-major order. Knows neither archives nor pickles.
import { bytesPerElement, type DType, elementCount, type Weight } from "@glimpsejs/graph";
import { type ByteSource, readRange, weightAt } from "../byte-source.ts";
import { maxRank } from "../safetensors-header.ts";

/** A block of elements; views share it. */
export interface Storage {
  readonly type: "storage";
  readonly dtype: DType;
  /** Its entry in the archive is `data/<key>`. */
  readonly key: string;
  readonly elements: number;
}

/** A strided view of a storage; offset and strides in elements, not yet checked. */
export interface View {
  readonly type: "view";
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/**
 * Elements from the first to the last one of the view, or undefined where the view is impossible, leaves its storage,
 * or has more elements than it (an expanded view, which could be of any size).
 */
export function spanOf({ shape, strides, offset, storage }: View): number | undefined {
  const available = storage.elements - offset;
  const elements = elementCount(shape);
  if (shape.length !== strides.length || shape.length > maxRank || available < 0) return undefined;
  if (elements === 0) return 0;
  const span = shape.reduce((sum, n, i) => sum + (n - 1) * (strides[i] ?? 0), 1);
  return elements <= available && span <= available ? span : undefined;
}

/** The weight of a view whose storage begins at byte `start`; `span` as {@link spanOf} gives it. */
export function weightOf(
  { shape, strides, offset, storage }: View,
  span: number,
  source: ByteSource,
  start: number,
): Weight {
  const size = bytesPerElement[storage.dtype];
  const first = start + offset * size;
  if (isContiguous(shape, strides)) return weightAt(source, storage.dtype, shape, first);
  return {
    dtype: storage.dtype,
    shape,
    byteLength: elementCount(shape) * size,
    bytes: async (signal) => gather(await readRange(source, first, span * size, signal), size, shape, strides),
  };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected) return elementCount(shape) === 0;
    expected *= shape[i] ?? 1;
  }
  return true;
}

/** Copies the elements of a strided view, `size` bytes each, in row-major order. */
function gather(stored: Uint8Array, size: number, shape: readonly number[], strides: readonly number[]): Uint8Array {
  const out = new Uint8Array(elementCount(shape) * size);
  const index = shape.map(() => 0);
  let from = 0; // in elements
  for (let to = 0; to < out.length; to += size) {
    for (let byte = 0; byte < size; byte++) out[to + byte] = stored[from * size + byte] ?? 0;
    for (let i = shape.length - 1; i >= 0; i--) {
      const [n, stride, next] = [shape[i] ?? 1, strides[i] ?? 0, (index[i] ?? 0) + 1];
      from += stride;
      index[i] = next;
      if (next < n) break;
      from -= stride * n;
      index[i] = 0;
    }
  }
  return out;
}
