// One graph in ONNX Runtime: its bytes, its weights, its runs. Errors of the runtime leave here as GlimpseErrors.
import { GlimpseError } from "@glimpsejs/base";
import { type Graph, prune, type WeightSource } from "@glimpsejs/graph";
import { type OnnxWeight, toOnnx } from "@glimpsejs/onnx";
import type { OrtRuntime, OrtValue } from "./ort-runtime.ts";

/** Only fatal messages: an error also comes as an exception. */
const quietly = { logSeverityLevel: 4 } as const;

/** A loaded graph. */
export interface Session {
  /** Computes the outputs with these public names. Rejects with "backend". */
  run(values: Readonly<Record<string, OrtValue>>, outputs: readonly string[]): Promise<ReadonlyMap<string, OrtValue>>;
  close(): Promise<void>;
}

/** Bytes from which a weight stays outside the model: what is inside is copied once more while the model is read. */
const inlineLimit = 1 << 16;

/**
 * Lowers a graph and loads it with its weights, whose bytes are in JavaScript's memory while this lasts, and in the
 * runtime's from then on. Rejects with "backend", or with what reading a weight rejects with.
 */
export async function openSession(
  ort: OrtRuntime,
  graph: Graph,
  weights: WeightSource,
  device: GPUDevice | undefined,
): Promise<Session> {
  const name = device === undefined ? "wasm" : "webgpu";
  const pruned = prune(graph);
  const subject = `graph "${graph.name}"`;
  const failed = (problem: string) => (cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GlimpseError({ subject, problem: `${problem} (${reason})` }, { code: "backend", cause });
  };
  const quantized = graph.nodes.some((node) => node.op === "quantizedLinear");
  const stored = await readWeights(Object.keys(pruned.weights), weights, quantized);
  const outputNames = Object.keys(graph.outputs);
  const model = toOnnx(pruned, stored.weightOf, name);
  const options = {
    executionProviders: [device === undefined ? name : { name, device }],
    // As on other platforms: higher levels fuse Add into SkipLayerNormalization, which is slower.
    graphOptimizationLevel: "basic",
    ...quietly,
    externalData: stored.external,
    // What is not read stays on the GPU, the cache of keys and values above all.
    ...(device !== undefined && { preferredOutputLocation: "gpu-buffer" as const }),
    extra: {
      session: {
        // A second copy of the weights in another order would be the third in memory; products of 8 bits need it.
        disable_prepacking: quantized ? "0" : "1",
      },
    },
  } as const;
  const session = await ort.InferenceSession.create(model, options).catch(failed("ONNX Runtime cannot load it"));
  // ONNX names of outputs may differ, their order does not.
  const onnxName = (output: string) => session.outputNames[outputNames.indexOf(output)] ?? output;
  return {
    async run(values, outputs) {
      const names = [...new Set(outputs)];
      const results = await session
        .run(values, names.map(onnxName), quietly)
        .catch(failed("ONNX Runtime cannot run it"));
      return new Map(
        names.flatMap((output) => {
          const value = results[onnxName(output)];
          return value === undefined ? [] : [[output, value]];
        }),
      );
    },
    async close() {
      await session.release();
    },
  };
}

interface StoredWeights {
  readonly weightOf: (name: string) => OnnxWeight;
  readonly external: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** Reads all weights of a graph; those that change their form while it is lowered (`inline`) go into the model. */
async function readWeights(names: readonly string[], weights: WeightSource, inline: boolean): Promise<StoredWeights> {
  const stored = new Map<string, OnnxWeight>();
  const external: { path: string; data: Uint8Array }[] = [];
  for (const [index, name] of names.entries()) {
    const weight = weights.get(name);
    if (weight === undefined) continue;
    const { dtype } = weight;
    const data = await weight.bytes();
    const changes = inline && (dtype === "int8" || dtype === "uint8" || weight.shape.length < 2);
    if (data.length < inlineLimit || changes) {
      stored.set(name, { dtype, data });
      continue;
    }
    const path = `w${index}`;
    stored.set(name, { dtype, data: { path, offset: 0 } });
    external.push({ path, data });
  }
  return {
    external,
    weightOf(name) {
      const weight = stored.get(name);
      if (weight !== undefined) return weight;
      throw new GlimpseError({ subject: `weight "${name}"`, problem: "it is missing" }, { code: "invalid-weights" });
    },
  };
}
