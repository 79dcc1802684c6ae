// One scenario measured on our WebGPU backend, and on the WebGPU provider of onnxruntime.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { bytesPerElement, elementCount, prune } from "@glimpsejs/graph";
import { toOnnx } from "@glimpsejs/onnx";
import { webgpu } from "glimpsejs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { gpuName } from "./gpu-name.ts";
import { feedsOf, type Scenario, weightBytes, weightsOf, withoutEmpty } from "./scenario.ts";

/** What a run takes. */
export interface Measured {
  /** Median of the rounds. */
  readonly milliseconds: number;
  /** Ours are recorded; of ONNX Runtime: nodes that its profile says ran on the provider, each at least one dispatch. */
  readonly dispatches: number;
  /** Ours: bytes of mapped buffers. ONNX Runtime: bytes of the outputs, which its Node binding returns on the host. */
  readonly bytesRead: number;
  /** Bytes of all buffers, the most there were at once; ONNX Runtime's are not visible from JavaScript. */
  readonly bufferBytes: number | undefined;
  /** The chosen tokens, which have to be the same. */
  readonly ids: readonly number[];
  /** Where no tokens are chosen: the first numbers of the output, which have to be the same within rounding. */
  readonly sample: readonly number[];
}

const sampleSize = 256;

const median = (times: readonly number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

const firstNumbers = (data: unknown) => (data instanceof Float32Array ? Array.from(data.subarray(0, sampleSize)) : []);

/** What the GPU calls itself. Throws where there is none. */
export async function adapterName(): Promise<string> {
  const backend = await webgpu({ selfTest: false }).open();
  const name = gpuName(backend.device.adapterInfo);
  await backend.dispose();
  return name;
}

/** On the backend of this repository. */
export async function measureOurs(scenario: Scenario, rounds: number): Promise<Measured> {
  const backend = await webgpu({ selfTest: false }).open();
  const program = await backend.compile({ graph: scenario.graph }, weightsOf(prune(scenario.graph)));
  const host = feedsOf(scenario);
  // What a caption has on the device, stays there; the past is carried, so each round is fed a fresh one.
  const resident = Object.fromEntries(
    Object.entries(host)
      .filter(([name]) => name.startsWith("trunk.") || name === "imageFeatures")
      .map(([name, tensor]) => [name, backend.upload(tensor)]),
  );
  const times: number[] = [];
  let ids: readonly number[] = [];
  let before = { ...backend.counters };
  for (let round = 0; round <= rounds; round++) {
    if (round === 1) before = { ...backend.counters };
    const start = performance.now();
    const outputs = await program.run("graph", { ...host, ...resident }, scenario.outputs);
    const read = outputs[scenario.read ?? ""];
    if (read === undefined) await backend.device.queue.onSubmittedWorkDone();
    else ids = Array.from((await read.read()).data, Number);
    if (round > 0) times.push(performance.now() - start);
    for (const tensor of Object.values(outputs)) tensor.dispose();
  }
  const { counters } = backend;
  const result = {
    milliseconds: median(times),
    dispatches: (counters.dispatches - before.dispatches) / rounds,
    bytesRead: (counters.bytesRead - before.bytesRead) / rounds,
    bufferBytes: counters.peakBytes,
    ids,
    sample: [] as readonly number[],
  };
  if (scenario.compared !== undefined) {
    const outputs = await program.run("graph", { ...host, ...resident }, [scenario.compared]);
    result.sample = firstNumbers((await outputs[scenario.compared]?.read())?.data);
  }
  await program.dispose();
  await backend.dispose();
  return result;
}

/** On onnxruntime-node with its WebGPU provider. */
export async function measureOnnxRuntime(scenario: Scenario, rounds: number): Promise<Measured> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "glimpse-bench-"));
  try {
    const graph = withoutEmpty(scenario);
    const bytesOf = (name: string) => weightBytes(graph.weights[name]?.shape.map(Number) ?? []);
    const model = toOnnx(graph, (name) => ({ dtype: "float32", data: bytesOf(name) }), "webgpu");
    const open = (profile: boolean) =>
      InferenceSession.create(model, {
        executionProviders: ["webgpu"],
        logSeverityLevel: 4,
        ...(profile && { enableProfiling: true, profileFilePrefix: path.join(folder, "run") }),
      });
    const session = await open(false);
    const used = Object.fromEntries(
      Object.entries(feedsOf(scenario))
        .filter(([name]) => session.inputNames.includes(name))
        .map(([name, { data, shape, dtype }]) => [
          name,
          new Tensor(dtype as "float32", data as Float32Array, shape), // the two go together
        ]),
    );
    const times: number[] = [];
    let results: InferenceSession.OnnxValueMapType = {};
    for (let round = 0; round <= rounds; round++) {
      const start = performance.now();
      results = await session.run(used);
      if (round > 0) times.push(performance.now() - start);
    }
    const { outputNames } = session;
    await session.release();
    const profiled = await open(true);
    await profiled.run(used);
    profiled.endProfiling();
    await profiled.release();
    const [file = ""] = await readdir(folder);
    const events: readonly { cat?: string; name?: string; args?: { provider?: string } }[] = JSON.parse(
      await readFile(path.join(folder, file), "utf8"),
    );
    const nodes = events.filter(({ cat, name }) => cat === "Node" && name?.endsWith("_kernel_time"));
    const bytesRead = Object.values(results).reduce((sum, { dims, type }) => {
      return sum + elementCount(dims) * bytesPerElement[type as "float32"]; // float32 or int32
    }, 0);
    const output = (name = "") => results[outputNames[Object.keys(graph.outputs).indexOf(name)] ?? ""];
    const [read, compared] = [output(scenario.read), output(scenario.compared)];
    return {
      milliseconds: median(times),
      dispatches: nodes.filter(({ args }) => args?.provider === "WebGpuExecutionProvider").length,
      bytesRead,
      bufferBytes: undefined,
      ids: read === undefined ? [] : Array.from(read.data as Int32Array),
      sample: firstNumbers(compared?.data),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
