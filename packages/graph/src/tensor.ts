// Tensors on the host as plain records, and weights as things that can be read on demand. No arithmetic, no devices.
import { GlimpseError } from "@glimpsejs/base";
import type { QuantizedFormat } from "./ops/quantized-linear.ts";

/** Element types of tensors. Graphs compute in float32 and int32; the rest are how weights are stored. */
export type DType =
  | "float64"
  | "float32"
  | "float16"
  | "bfloat16"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "uint8"
  | "bool";

/** The typed array that holds each dtype on the host. float16 and bfloat16 are held as their 16 bits. */
export interface DataOf {
  /** 8 bytes an element. */
  readonly float64: Float64Array;
  /** 4 bytes an element. */
  readonly float32: Float32Array;
  /** 2 bytes an element: the bits of IEEE 754's half. */
  readonly float16: Uint16Array;
  /** 2 bytes an element: the upper half of a float32. */
  readonly bfloat16: Uint16Array;
  /** 8 bytes an element. */
  readonly int64: BigInt64Array;
  /** 4 bytes an element. */
  readonly int32: Int32Array;
  /** 2 bytes an element. */
  readonly int16: Int16Array;
  /** 1 byte an element. */
  readonly int8: Int8Array;
  /** 1 byte an element. */
  readonly uint8: Uint8Array;
  /** 1 byte an element: 0 or 1. */
  readonly bool: Uint8Array;
}

/** Bytes per element of each dtype. */
export const bytesPerElement: Readonly<Record<DType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** A tensor in host memory: `data` is row-major (the last dimension varies fastest) and has product(shape) elements. */
export type HostTensor<D extends DType = DType> = D extends DType
  ? {
      /** Element type. */
      readonly dtype: D;
      /** Sizes, outermost first; one may be 0. */
      readonly shape: readonly number[];
      /** The elements, row-major. */
      readonly data: DataOf[D];
    }
  : never;

/**
 * One stored weight that has not been read yet. `bytes()` reads its little-endian bytes (a fresh or shared view of
 * exactly `byteLength` bytes; the caller must not write to it). Where a local file holds exactly these bytes
 * uncompressed, `location` says so, and a backend may map the file instead of copying.
 */
export interface Weight {
  /** Element type as it is stored. */
  readonly dtype: DType;
  /** Sizes, outermost first. */
  readonly shape: readonly number[];
  /** Bytes that it takes as it is stored. */
  readonly byteLength: number;
  /** Its bytes, read now. */
  bytes(signal?: AbortSignal): Promise<Uint8Array>;
  /** Where a local file has exactly these bytes; absent where none does. */
  readonly location?: WeightLocation;
  /** Where the weight is stored quantized: what it is stored as. `bytes()` are then those of scale · q in float32. */
  readonly quantized?: StoredQuantized;
  /** The same matrix as [K, N], for int8 [N, K] where that is at hand: kernels read it by columns. */
  readonly transposed?: Weight;
  /** What it is with 8 bits and a scale for each row, for 4 bits [N, K/2] where that is at hand. */
  readonly eightBits?: StoredQuantized;
}

/** The two tensors that a quantized weight [N, K] is stored as; see the op quantizedLinear. */
export interface StoredQuantized {
  /** Bits of an element, and how many share a scale. */
  readonly format: QuantizedFormat;
  /** int8 [N, K], or with 4 bits uint8 [N, K/2]. */
  readonly weight: Weight;
  /** float32 [N, K/block] */
  readonly scales: Weight;
}

/** A byte range of a local file. */
export interface WeightLocation {
  /** All weights of one opened file share this object. */
  readonly file: LocalFile;
  /** First byte of the weight. */
  readonly offset: number;
}

/** A local file that is held open. Others can give its path to another file, or write to it. */
export interface LocalFile {
  /** Absolute path of the file when it was opened, symbolic links resolved. */
  readonly path: string;
  /**
   * Whether `path` still leads to this file; whoever opens it by its path asks before and afterwards. Where it does
   * not, the weights can still be read with `bytes()`. Rejects with "invalid-weights" if the file itself was written to
   * since it was opened, and with DisposedError if it was closed.
   */
  isInPlace(): Promise<boolean>;
  /** Reads bytes of it, so that a weight need not be whole in memory; rejects as `bytes()` does. */
  read?(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
}

/** Weights by checkpoint name. `names` lists every stored tensor; `get` never reads data. */
export interface WeightSource {
  /** Every stored tensor, each once. */
  readonly names: readonly string[];
  /** The weight of that name; undefined if there is none. */
  get(name: string): Weight | undefined;
  /** Closes files; the weights cannot be read afterwards. Safe to call twice. */
  dispose?(): Promise<void>;
}

/** Number of elements of a concrete shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Makes a float32 tensor, checking that `data` has product(shape) elements. Throws "invalid-argument". */
export function float32(data: Float32Array | readonly number[], shape: readonly number[]): HostTensor<"float32"> {
  return checked({ dtype: "float32", shape, data: data instanceof Float32Array ? data : Float32Array.from(data) });
}

/** Makes an int32 tensor, checking that `data` has product(shape) elements. Throws "invalid-argument". */
export function int32(data: Int32Array | readonly number[], shape: readonly number[]): HostTensor<"int32"> {
  return checked({ dtype: "int32", shape, data: data instanceof Int32Array ? data : Int32Array.from(data) });
}

function checked<T extends HostTensor>(tensor: T): T {
  const expected = elementCount(tensor.shape);
  if (tensor.data.length !== expected) {
    throw new GlimpseError(
      {
        subject: `${tensor.dtype} tensor [${tensor.shape.join(", ")}]`,
        problem: "the data does not fill the shape",
        expected: `${expected} elements`,
        got: String(tensor.data.length),
      },
      { code: "invalid-argument" },
    );
  }
  return tensor;
}
