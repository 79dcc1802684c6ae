// An open ONNX Runtime. Compiling here is checking; ONNX Runtime itself sees a graph when it is first run.
import { type Backend, checkWeights, type Program } from "@glimpsejs/backend";
import { DisposedError, throwIfAborted } from "@glimpsejs/base";
import { type DType, type Graph, prune, verify, type WeightSource } from "@glimpsejs/graph";
import { eightBitWeights, withEightBits } from "@glimpsejs/onnx";
import { type Lifetime, OrtTensor, toOrt } from "./device-tensor.ts";
import { Memory } from "./memory.ts";
import type { OrtRuntime } from "./ort-runtime.ts";
import { hasManyRows, OrtProgram } from "./program.ts";

/** ONNX Runtime casts the floats that are not float32 while it loads; quantized weights stay as they are. */
const dtypes: ReadonlySet<DType> = new Set<DType>(["float32", "float16", "bfloat16", "float64", "int8", "uint8"]);

/** How a backend is opened; see OrtNodeOptions. */
export interface OrtSettings {
  readonly threads?: number | undefined;
  readonly compact?: boolean | undefined;
}

/** Opens a backend on the module. */
export function ortBackend(ort: OrtRuntime, { threads, compact = false }: OrtSettings): Backend {
  const lifetime: Lifetime = { disposed: false, memory: new Memory() };
  const programs = new Set<OrtProgram<string>>();

  function live(): void {
    if (lifetime.disposed) throw new DisposedError('backend "ort-node"');
  }

  return {
    name: "ort-node",
    dtypes,
    boundByWeights: true,
    computesInPieces: true,
    async compile<G extends string>(
      graphs: Readonly<Record<G, Graph>>,
      weights: WeightSource,
      signal?: AbortSignal,
    ): Promise<Program<G>> {
      live();
      throwIfAborted(signal, "compile");
      const all: readonly Graph[] = Object.values(graphs);
      for (const graph of all) verify(graph);
      checkWeights(all.map(prune), weights, dtypes);
      const widen = (graph: Graph) => (compact || !hasManyRows(graph) ? graph : withEightBits(graph));
      const forms = Object.fromEntries(Object.entries<Graph>(graphs).map(([name, graph]) => [name, widen(graph)]));
      const lowered = forms as Readonly<Record<G, Graph>>; // the same names
      const program = new OrtProgram(ort, lowered, eightBitWeights(weights), threads, lifetime, () =>
        programs.delete(program),
      );
      programs.add(program);
      return program;
    },
    upload(value) {
      live();
      return new OrtTensor(value.dtype, toOrt(ort, value, "upload"), lifetime);
    },
    async dispose() {
      await Promise.all([...programs].map((program) => program.dispose()));
      lifetime.disposed = true;
    },
  };
}
