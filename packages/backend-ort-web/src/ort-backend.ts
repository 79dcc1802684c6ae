// An open ONNX Runtime. Compiling here is checking; ONNX Runtime itself sees a graph when it is first run.
import { type Backend, checkWeights, type Program } from "@glimpsejs/backend";
import { DisposedError, throwIfAborted } from "@glimpsejs/base";
import { type DType, type Graph, prune, verify, type WeightSource } from "@glimpsejs/graph";
import { type Lifetime, OrtTensor, toOrt } from "./device-tensor.ts";
import { laneOf } from "./lane.ts";
import type { OrtRuntime } from "./ort-runtime.ts";
import type { OrtWebProvider } from "./ort-web.ts";
import { OrtProgram } from "./program.ts";

/**
 * ONNX Runtime casts the floats that are not float32 while it loads, as far as the provider has kernels for that;
 * quantized weights stay as they are.
 */
const dtypesOf: Readonly<Record<OrtWebProvider, ReadonlySet<DType>>> = {
  wasm: new Set<DType>(["float32", "float16", "bfloat16", "float64", "int8", "uint8"]),
  // Its kernels would compute with float16 as it is stored, which not every GPU can.
  webgpu: new Set<DType>(["float32", "int8", "uint8"]),
};

/** Opens a backend on the module, which was started, and with a device on that, which is its own from then on. */
export function ortBackend(ort: OrtRuntime, name: string, device: GPUDevice | undefined): Backend {
  const provider = device === undefined ? "wasm" : "webgpu";
  const lifetime: Lifetime = { disposed: false, lane: laneOf(ort), onGpu: new Set() };
  const dtypes = dtypesOf[provider];
  const programs = new Set<OrtProgram<string>>();

  function live(): void {
    if (lifetime.disposed) throw new DisposedError(`backend "${name}"`);
  }

  return {
    name,
    dtypes,
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
      const program = new OrtProgram({ ort, graphs, weights, device, lifetime }, () => programs.delete(program));
      programs.add(program);
      return program;
    },
    upload(value) {
      live();
      return new OrtTensor(value.dtype, toOrt(ort, value, "upload"), lifetime);
    },
    async dispose() {
      await Promise.all([...programs].map((program) => program.dispose()));
      for (const tensor of lifetime.onGpu) tensor.dispose();
      lifetime.disposed = true;
      // After the tensors, whose memory is given back in the lane.
      await lifetime.lane.run(async () => device?.destroy());
    },
  };
}
