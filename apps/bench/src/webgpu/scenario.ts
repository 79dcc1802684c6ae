// What is measured on WebGPU: the graphs of a GIT of any size with the sizes of a caption's three kinds of run, and
// weights and feeds that need no file.
import { GitConfig } from "@glimpsejs/config";
import {
  elementCount,
  evaluateDim,
  type Graph,
  type HostTensor,
  prune,
  specialize,
  type WeightSource,
} from "@glimpsejs/graph";
import { decoderGraph, visionGraph } from "@glimpsejs/model";

/** How large the model is; git-base by default. */
export interface ModelSize {
  readonly width: number;
  readonly visionLayers: number;
  readonly layers: number;
}

/** One kind of run. */
export interface Scenario {
  readonly name: string;
  readonly graph: Graph;
  readonly sizes: Readonly<Record<string, number>>;
  readonly outputs: readonly string[];
  /** The output that is read: the chosen tokens. */
  readonly read: string | undefined;
  /** The output whose numbers the two sides are compared by, where no tokens are chosen. */
  readonly compared: string | undefined;
}

/** The image encoder; the first run of the decoder, with the image; one step of a greedy caption. */
export function scenariosOf({ width, visionLayers, layers }: ModelSize): readonly Scenario[] {
  const sizes = { hiddenSize: width, numAttentionHeads: width / 64, intermediateSize: 4 * width };
  const config = GitConfig.create({
    ...sizes,
    numHiddenLayers: layers,
    visionConfig: { ...sizes, numHiddenLayers: visionLayers },
  });
  const cache = (kind: string) =>
    Array.from({ length: layers }, (_, i) => [`${kind}.${i}.key`, `${kind}.${i}.value`]).flat();
  const decoder = decoderGraph(config);
  const text = { batch: 1, columns: 1, masked: 0, given: 0, candidates: 1, wanted: 1, text: 1 };
  return [
    {
      name: "vision",
      graph: visionGraph(config),
      sizes: { batch: 1, frames: 1, gridRows: 14, gridColumns: 14 },
      outputs: ["features"],
      read: undefined,
      compared: "features",
    },
    {
      name: "prefill",
      graph: decoder,
      sizes: { ...text, image: 197, trunk: 0, past: 0 },
      outputs: ["nextIds", ...cache("present"), ...cache("image")],
      read: "nextIds",
      compared: undefined,
    },
    {
      name: "decode step",
      graph: decoder,
      sizes: { ...text, image: 0, trunk: 197, past: 8 },
      outputs: ["nextIds", ...cache("present")],
      read: "nextIds",
      compared: undefined,
    },
  ];
}

/** The graph for onnxruntime, whose provider crashes on tensors without elements: nothing but what such a run computes. */
export function withoutEmpty({ graph, outputs, sizes }: Scenario): Graph {
  const wanted = Object.fromEntries(outputs.map((name) => [name, graph.outputs[name] ?? ""]));
  const empty = Object.entries(sizes).filter(([, size]) => size === 0);
  return specialize(prune({ ...graph, outputs: wanted, carries: {} }), Object.fromEntries(empty));
}

/** Numbers around 0, always the same. */
function numbers(count: number, scale: number): Float32Array {
  let state = count >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * scale;
  });
}

/** Weights of a graph, made when they are asked for. */
export function weightsOf({ weights }: Graph): WeightSource {
  return {
    names: Object.keys(weights),
    get(name) {
      const shape = weights[name]?.shape.map(Number);
      if (shape === undefined) return undefined;
      const byteLength = 4 * elementCount(shape);
      return { dtype: "float32", shape, byteLength, bytes: async () => weightBytes(shape) };
    },
  };
}

/** The bytes of a weight of this shape. */
export function weightBytes(shape: readonly number[]): Uint8Array {
  return new Uint8Array(numbers(elementCount(shape), 0.08).buffer);
}

/** Feeds of a run; every token sees all others. */
export function feedsOf({ graph, sizes }: Scenario): Readonly<Record<string, HostTensor>> {
  return Object.fromEntries(
    Object.entries(graph.inputs).map(([name, type]): [string, HostTensor] => {
      const shape = type.shape.map((dim) => evaluateDim(dim, sizes));
      const count = elementCount(shape);
      if (type.dtype === "int32") return [name, { dtype: "int32", shape, data: new Int32Array(count) }];
      return [name, { dtype: "float32", shape, data: name === "mask" ? new Float32Array(count) : numbers(count, 1) }];
    }),
  );
}
