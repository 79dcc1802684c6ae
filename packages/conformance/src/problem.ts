// A problem: a graph with values for its weights and inputs, ready to be solved by any backend.
import type { Backend, DeviceTensor, Outputs } from "@glimpsejs/backend";
import {
  type Builder,
  buildGraph,
  type Graph,
  type HostTensor,
  type Shape,
  type Value,
  type WeightSource,
} from "@glimpsejs/graph";

type Tensors = Readonly<Record<string, HostTensor>>;

/** A computation with all its numbers. */
export interface Problem {
  readonly graph: Graph;
  readonly weights: Tensors;
  readonly feeds: Tensors;
}

/** What the `build` callback of {@link problem} works with. */
export interface ProblemBuilder {
  readonly b: Builder;
  /** An input and its value. `shape` may name dimensions; left out, it is the value's. */
  feed(name: string, value: HostTensor, shape?: Shape): Value;
  /** A weight and its value: float32, or quantized. */
  weight(name: string, value: HostTensor<"float32" | "int8" | "uint8">): Value;
  /** Makes the values outputs named "0", "1", … */
  results(values: readonly Value[]): void;
}

/** Builds a problem. */
export function problem(name: string, build: (p: ProblemBuilder) => void): Problem {
  const weights: Record<string, HostTensor> = {};
  const feeds: Record<string, HostTensor> = {};
  const graph = buildGraph(name, (b) =>
    build({
      b,
      feed(input, value, shape = value.shape) {
        feeds[input] = value;
        return b.input(input, value.dtype, shape);
      },
      weight(weight, value) {
        weights[weight] = value;
        return b.weight(weight, value.shape, value.dtype);
      },
      results(values) {
        for (const [i, value] of values.entries()) b.output(String(i), value);
      },
    }),
  );
  return { graph, weights, feeds };
}

/** Solves a problem on a backend and returns all outputs. */
export async function solve(backend: Backend, { graph, weights, feeds }: Problem): Promise<Tensors> {
  const program = await backend.compile({ graph }, weightSource(weights));
  try {
    return await readAll(await program.run("graph", feeds));
  } finally {
    await program.dispose();
  }
}

/** Reads outputs and disposes them. */
export async function readAll<Names extends string>(outputs: Outputs<Names>): Promise<Record<Names, HostTensor>> {
  const read: Record<string, HostTensor> = {};
  for (const [name, tensor] of Object.entries<DeviceTensor>(outputs)) {
    read[name] = await tensor.read();
    tensor.dispose();
  }
  return read as Record<Names, HostTensor>;
}

/** Tensors as weights. */
export function weightSource(tensors: Tensors): WeightSource {
  return {
    names: Object.keys(tensors),
    get(name) {
      const tensor = tensors[name];
      if (tensor === undefined) return undefined;
      const { dtype, shape, data } = tensor;
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return { dtype, shape, byteLength: bytes.length, bytes: async () => bytes };
    },
  };
}
