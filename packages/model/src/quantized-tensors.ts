// The two tensors that a quantized weight is stored as: their names, dtypes and shapes.
import type { QuantizedFormat, TensorType } from "@glimpsejs/graph";

/** The name under which a quantized weight is stored. */
export function quantizedName(name: string, { bits }: QuantizedFormat): string {
  return `${name}.int${bits}`;
}

/** The name under which the scales of a quantized weight are stored. */
export function scalesName(name: string): string {
  return `${name}.scales`;
}

/** dtype and shape of a quantized weight [N, K] and of its scales. */
export function quantizedTypes(
  n: number,
  k: number,
  { bits, block }: QuantizedFormat,
): {
  /** int8 [N, K], or with 4 bits uint8 [N, K/2]. */
  readonly weight: TensorType;
  /** float32 [N, K/block]. */
  readonly scales: TensorType;
} {
  return {
    weight: bits === 8 ? { dtype: "int8", shape: [n, k] } : { dtype: "uint8", shape: [n, k / 2] },
    scales: { dtype: "float32", shape: [n, k / block] },
  };
}
