// A run of many pictures as runs of few. What a graph makes of eight pictures on its way is eight times as large: it falls
// out of the processor's caches, and the runtime takes and gives back memory for it node by node. Each piece writes its
// results into its own rows of those of the whole.
import { type Bindings, type DType, elementCount, evaluateDim, type Graph } from "@glimpsejs/graph";
import type { OrtValue } from "./device-tensor.ts";
import type { OrtRuntime } from "./ort-runtime.ts";

/** One of the runs. */
export interface Piece {
  readonly values: Readonly<Record<string, OrtValue>>;
  /** Memory for the outputs: rows of {@link Pieces.results}. */
  readonly into: Readonly<Record<string, OrtValue>>;
}

/** A run taken into pieces. */
export interface Pieces {
  readonly runs: readonly Piece[];
  /** The outputs of the whole, complete after all runs. */
  readonly results: ReadonlyMap<string, { readonly dtype: DType; readonly value: OrtValue }>;
}

/** What is to be run, and on what. */
export interface Whole {
  readonly ort: OrtRuntime;
  readonly graph: Graph;
  readonly values: Readonly<Record<string, OrtValue>>;
  readonly outputs: readonly string[];
  readonly sizes: Bindings;
}

/**
 * Bytes of one piece's feeds at most. Captions of eight pictures of 224 pixels (602 kB each, and as much of features) took, in
 * turns on two cores, with pieces of 2, 4 and 8: 2709, 2604 and 2514 ms, and 940, 980 and 1200 MB at the most.
 */
const mostBytes = 2_500_000;

/**
 * The pieces of a run whose rows of `dimension` are independent; undefined where it is to be run as it is. Where the
 * runtime rounds rows to 8 bits it gives all that it rounds at once one scale. There a piece is one row, so that no
 * picture's numbers depend on its neighbours.
 */
export function piecesOf({ ort, graph, values, outputs, sizes }: Whole, dimension: string): Pieces | undefined {
  const rows = sizes[dimension] ?? 0;
  const typeOf = (output: string) => graph.types[graph.outputs[output] ?? ""];
  const carried = new Set(Object.values(graph.carries));
  const fits = (output: string) => typeOf(output)?.shape[0] === dimension && !carried.has(output);
  if (rows < 2 || outputs.length === 0 || !outputs.every(fits)) return undefined;
  const parted = Object.entries(values).filter(([input]) => graph.inputs[input]?.shape[0] === dimension);
  const bytes = parted.reduce((sum, [, { data }]) => sum + (data as Float32Array).byteLength, 0) / rows;
  const isRounded = graph.nodes.some((node) => node.op === "quantizedLinear" && node.attributes.bits === 8);
  const size = isRounded ? 1 : Math.max(1, Math.floor(mostBytes / bytes));
  if (size >= rows) return undefined;
  const results = new Map(
    outputs.map((output) => {
      const { dtype = "float32", shape = [] } = typeOf(output) ?? {};
      const dims = shape.map((dim) => evaluateDim(dim, sizes));
      return [output, { dtype, value: zeros(ort, dtype, dims) }] as const;
    }),
  );
  const runs = Array.from({ length: Math.ceil(rows / size) }, (_, i): Piece => {
    const part = (value: OrtValue) => rowsOf(ort, value, i * size, Math.min(rows, (i + 1) * size));
    return {
      values: { ...values, ...Object.fromEntries(parted.map(([input, value]) => [input, part(value)])) },
      into: Object.fromEntries([...results].map(([output, { value }]) => [output, part(value)])),
    };
  });
  return { runs, results };
}

/** Rows `from` … `to` - 1 of a tensor, in its memory. */
function rowsOf(ort: OrtRuntime, { data, dims }: OrtValue, from: number, to: number): OrtValue {
  const [rows = 1, ...rest] = dims;
  const length = (data as Float32Array).length / rows;
  const part = [from * length, to * length] as const;
  const shape = [to - from, ...rest];
  if (data instanceof Int32Array) return new ort.Tensor("int32", data.subarray(...part), shape);
  if (data instanceof Float32Array) return new ort.Tensor("float32", data.subarray(...part), shape);
  throw new TypeError("pieces: graphs compute in float32 and int32.");
}

function zeros(ort: OrtRuntime, dtype: DType, dims: readonly number[]): OrtValue {
  const count = elementCount(dims);
  return dtype === "int32"
    ? new ort.Tensor("int32", new Int32Array(count), dims)
    : new ort.Tensor("float32", new Float32Array(count), dims);
}
