// Writes safetensors files, byte for byte as the reference implementation does: tensors sorted by dtype (largest
// elements first, so that all are aligned), then by name; the header padded with spaces to a multiple of eight.
// Converts nothing: weights are written in the dtype they have.
import { GlimpseError, show, throwIfAborted } from "@glimpsejs/base";
import type { DType, HostTensor, Weight, WeightSource } from "@glimpsejs/graph";
import { formatOf, parseSafetensorsHeader } from "./safetensors-header.ts";
import { sourceFromTensors } from "./tensor.ts";

/** Strings stored in the header under `__metadata__`; transformers wants `{ format: "pt" }`. */
export type SafetensorsMetadata = Readonly<Record<string, string>>;

/** The reference implementation's order of dtypes, first in the file first. */
const fileOrder: readonly DType[] = [
  "int64",
  "float64",
  "float32",
  "int32",
  "bfloat16",
  "float16",
  "int16",
  "int8",
  "uint8",
  "bool",
];

/**
 * The safetensors file of some tensors in memory. For a whole model use {@link streamSafetensors}.
 * Throws "invalid-argument" if some data does not fill its shape, "invalid-weights" or "invalid-json" if the format
 * has no place for a name, shape or metadata.
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, HostTensor>>,
  metadata: SafetensorsMetadata = {},
): Uint8Array {
  const { header, weights, dataLength } = layout(sourceFromTensors(tensors), metadata);
  const file = new Uint8Array(header.length + dataLength);
  file.set(header);
  let end = header.length;
  for (const [name] of weights) {
    const data = tensors[name]?.data;
    if (data === undefined) continue;
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), end);
    end += data.byteLength;
  }
  return file;
}

/**
 * The safetensors file of `source` in chunks: the header, then one tensor after the other, each read when it is its
 * turn, so that one tensor at most is in memory. Throws as {@link writeSafetensors} does, and what reading throws.
 */
export async function* streamSafetensors(
  source: WeightSource,
  metadata: SafetensorsMetadata = {},
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { header, weights } = layout(source, metadata);
  yield header;
  for (const [name, weight] of weights) {
    throwIfAborted(signal, "writing safetensors");
    const bytes = await weight.bytes(signal);
    if (bytes.byteLength !== weight.byteLength) {
      const [expected, got] = [`${weight.byteLength} bytes`, String(bytes.byteLength)];
      throw new GlimpseError(
        { subject: `weight ${show(name, 200)}`, problem: "reading it gave a wrong number of bytes", expected, got },
        { code: "invalid-weights" },
      );
    }
    yield bytes;
  }
}

interface Layout {
  /** The length bytes and the header. */
  readonly header: Uint8Array;
  /** In the order of the file. */
  readonly weights: readonly (readonly [string, Weight])[];
  readonly dataLength: number;
}

function layout(source: WeightSource, metadata: SafetensorsMetadata): Layout {
  const weights = source.names.flatMap((name) => {
    const weight = source.get(name);
    return weight === undefined ? [] : [[name, weight] as const];
  });
  const rank = (weight: Weight) => fileOrder.indexOf(weight.dtype);
  weights.sort(([nameA, a], [nameB, b]) => rank(a) - rank(b) || (nameA < nameB ? -1 : 1));

  // Text and not an object, because a name may be "__proto__".
  const members = Object.keys(metadata).length > 0 ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  let end = 0;
  for (const [name, { dtype, shape, byteLength }] of weights) {
    const entry = { dtype: formatOf(dtype), shape, data_offsets: [end, end + byteLength] };
    members.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    end += byteLength;
  }
  const json = new TextEncoder().encode(`{${members.join(",")}}`);
  // What the reader would refuse is never written: "__metadata__" as a name, half a surrogate pair, a wrong shape.
  parseSafetensorsHeader(json, end, "the safetensors file to be written");

  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return { header, weights, dataLength: end };
}
