// Rounding a weight row by row, as it is read: the vocabulary's floats are 94 MB, its bytes 23.
import {
  bytesPerElement,
  elementCount,
  type QuantizedFormat,
  type QuantizedWeight,
  quantize,
  toFloat32,
  type Weight,
} from "@glimpsejs/graph";

/** Bytes that are read at once: few enough to be forgotten beside any model, many enough that calls do not count. */
const size = 1 << 22;

/** quantize() of a weight [N, K] of floats, of which a few rows at a time are in memory, where a file has them. */
export async function quantizeInPieces(
  weight: Weight,
  format: QuantizedFormat,
  subject: string,
  signal?: AbortSignal,
): Promise<QuantizedWeight> {
  const { dtype, shape, byteLength, location } = weight;
  const count = elementCount(shape);
  const data = format.bits === 8 ? new Int8Array(count) : new Uint8Array(count / 2);
  const scales = new Float32Array(count / format.block);
  const row = bytesPerElement[dtype] * (shape[1] ?? 1);
  const step = location?.file.read === undefined ? byteLength : Math.ceil(size / row) * row;
  for (let start = 0; start < byteLength; start += step) {
    const length = Math.min(step, byteLength - start);
    const bytes = await (location?.file.read?.(location.offset + start, length, signal) ?? weight.bytes(signal));
    const first = start / bytesPerElement[dtype];
    const made = quantize(toFloat32(bytes, dtype, subject), format, subject, first);
    data.set(made.data, format.bits === 8 ? first : first / 2);
    scales.set(made.scales, first / format.block);
  }
  return { data, scales };
}
