// The backend in plain TypeScript: slow, obvious, runs anywhere. It is the oracle of every test and the floor where
// nothing else runs. It computes on the calling thread.
import { type Backend, type BackendPlugin, checkWeights } from "@glimpsejs/backend";
import { DisposedError, throwIfAborted } from "@glimpsejs/base";
import {
  type DType,
  float32,
  type Graph,
  type HostTensor,
  toFloat32,
  verify,
  type WeightSource,
} from "@glimpsejs/graph";
import { ReferenceProgram } from "./reference-program.ts";
import { hostCopy, type Owner, ReferenceTensor } from "./reference-tensor.ts";
import { fromBytes } from "./tensor.ts";

/**
 * The interpreter as a plugin: available everywhere, one thread, sums in double precision. Weights are read when a
 * program is compiled, and held as float32, quantized ones as they are. A run gives the event loop a turn every 30 ms or so, between nodes.
 */
export function reference(): BackendPlugin {
  return {
    name: "reference",
    unavailable: async () => undefined,
    open: async () => new ReferenceBackend(),
    // The stored 16-bit weights may stay in memory beside their float32 form.
    estimateMemory: (weightBytes) => 1.5 * weightBytes,
  };
}

class ReferenceBackend implements Backend, Owner {
  readonly name = "reference";
  readonly dtypes: ReadonlySet<DType> = new Set(["float32", "float16", "bfloat16", "float64", "int8", "uint8"]);
  disposed = false;
  private readonly programs = new Set<ReferenceProgram<string>>();

  async compile<G extends string>(
    graphs: Readonly<Record<G, Graph>>,
    weights: WeightSource,
    signal?: AbortSignal,
  ): Promise<ReferenceProgram<G>> {
    this.checkOpen();
    throwIfAborted(signal, "compile");
    const all = Object.values<Graph>(graphs);
    for (const graph of all) verify(graph);
    checkWeights(all, weights, this.dtypes);
    const values = await load(all, weights, signal);
    this.checkOpen();
    const program = new ReferenceProgram(this, graphs, values);
    this.programs.add(program);
    return program;
  }

  upload(value: HostTensor): ReferenceTensor {
    this.checkOpen();
    return new ReferenceTensor(this, hostCopy(value, "upload"));
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await Promise.all([...this.programs].map((program) => program.dispose()));
    this.programs.clear();
  }

  private checkOpen(): void {
    if (this.disposed) throw new DisposedError('backend "reference"');
  }
}

/** Every weight of the graphs in the dtype that it has there, each read once. */
async function load(
  graphs: readonly Graph[],
  weights: WeightSource,
  signal: AbortSignal | undefined,
): Promise<Map<string, HostTensor>> {
  const values = new Map<string, HostTensor>();
  for (const [name, type] of graphs.flatMap((graph) => Object.entries(graph.weights))) {
    const weight = values.has(name) ? undefined : weights.get(name);
    if (weight === undefined) continue;
    const bytes = await weight.bytes(signal);
    throwIfAborted(signal, "compile");
    const narrow = type.dtype !== "float32";
    values.set(
      name,
      narrow
        ? fromBytes(type.dtype, weight.shape, bytes)
        : float32(toFloat32(bytes, weight.dtype, `weight "${name}"`), weight.shape),
    );
  }
  return values;
}
