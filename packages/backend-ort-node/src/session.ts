// One graph in ONNX Runtime: its bytes, its options, its runs. Errors of the runtime leave here as GlimpseErrors.
import { GlimpseError } from "@glimpsejs/base";
import { type Graph, prune, type ValueName, type WeightSource } from "@glimpsejs/graph";
import { toOnnx } from "@glimpsejs/onnx";
import type { OrtValue } from "./device-tensor.ts";
import type { OrtRuntime } from "./ort-runtime.ts";
import { placeWeights } from "./place-weights.ts";

/** What a run gives. */
export interface Computed {
  readonly results: ReadonlyMap<string, OrtValue>;
  /** Memory that nobody needs. */
  readonly copies: readonly OrtValue[];
}

/** A loaded graph. */
export interface Session {
  /**
   * Computes the outputs with these public names; those that `into` has, into the memory of its tensors, which have their
   * shapes. Of these the runtime's JavaScript makes copies all the same. Rejects with "backend".
   */
  run(
    values: Readonly<Record<string, OrtValue>>,
    outputs: readonly string[],
    into?: Readonly<Record<string, OrtValue>>,
  ): Promise<Computed>;
  close(): Promise<void>;
}

/** How a session is opened. */
export interface SessionOptions {
  readonly threads: number | undefined;
  /**
   * Whether weights are copied, once, into the order in which ONNX Runtime's matrix product reads them. Unpacked, they
   * are pages of the checkpoint's file and load at once: git-base's two sessions in 0.1 instead of 0.7 s. Packed, runs
   * of few rows are faster (4 beams 13 instead of 17 ms, 8 rows 15 instead of 22), those of many a little (a picture
   * 188 instead of 200 ms, eight 1515 instead of 1554), and those of one row are not.
   */
  readonly packed: boolean;
  /** Values whose parts the graph is to read one by one; see lowerGraph() of the package onnx. */
  readonly apart?: ReadonlyMap<ValueName, readonly ValueName[]> | undefined;
}

/**
 * Lowers a graph and loads it with its weights. Rejects with "backend", or with what reading a weight rejects with:
 * "invalid-weights" where a file of weights was written to since it was opened.
 */
export async function openSession(
  ort: OrtRuntime,
  graph: Graph,
  weights: WeightSource,
  { threads, packed, apart }: SessionOptions,
): Promise<Session> {
  const pruned = prune(graph);
  const placed = await placeWeights(Object.keys(pruned.weights), weights);
  const subject = `graph "${graph.name}"`;
  const failed = (problem: string) => (cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GlimpseError({ subject, problem: `${problem} (${reason})` }, { code: "backend", cause });
  };
  const options = {
    executionProviders: ["cpu"],
    // No level is faster than this one on GIT (all within 2 %); higher ones fuse Add into SkipLayerNormalization.
    graphOptimizationLevel: "basic",
    // With glibc the arena gains no time and costs memory: 1034 instead of 925 MB at the peak for a picture of 480 px.
    enableCpuMemArena: process.platform !== "linux",
    // Only fatal messages: an error also comes as an exception.
    logSeverityLevel: 4,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    extra: {
      session: {
        model_external_initializers_file_folder_path: placed.folder,
        // Threads that spin after a run would take a core from the next graph: 123 instead of 89 ms for a prefill.
        force_spinning_stop: "1",
        disable_prepacking: packed ? "0" : "1",
      },
    },
  } as const;
  const load = async () => {
    const loading = ort.InferenceSession.create(toOnnx(pruned, placed.weightOf, "cpu", apart), options);
    const [loaded] = await Promise.allSettled([loading]);
    // Paths are all that ONNX Runtime gets. What it found there is only now known to be the files that were checked.
    const [inPlace] = await Promise.allSettled([placed.areInPlace()]);
    if (inPlace.status === "fulfilled" && inPlace.value) return loading.catch(failed("ONNX Runtime cannot load it"));
    if (loaded.status === "fulfilled") await loaded.value.release();
    if (inPlace.status === "rejected") throw inPlace.reason;
    return undefined;
  };
  const session = await load().finally(placed.release);
  // A file lost its path meanwhile: its weights go by their bytes now.
  if (session === undefined) return openSession(ort, graph, weights, { threads, packed, apart });
  const outputNames = Object.keys(graph.outputs);
  // ONNX names of outputs may differ, their order does not.
  const onnxNames = new Map(outputNames.map((output, i) => [output, session.outputNames[i] ?? output]));
  const onnxName = (output: string) => onnxNames.get(output) ?? output;

  return {
    async run(values, outputs, into = {}) {
      const fetches = Object.fromEntries(outputs.map((output) => [onnxName(output), into[output] ?? null]));
      const computed = await session.run(values, fetches).catch(failed("ONNX Runtime cannot run it"));
      const results = new Map<string, OrtValue>();
      const copies: OrtValue[] = [];
      for (const output of outputs) {
        const [value, own] = [computed[onnxName(output)], into[output]];
        if (value !== undefined && own !== undefined) copies.push(value);
        const result = own ?? value;
        if (result !== undefined) results.set(output, result);
      }
      return { results, copies };
    },
    async close() {
      await session.release();
      placed.release();
    },
  };
}
