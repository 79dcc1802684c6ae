// `npm run bench:webgpu`: our WebGPU backend beside the WebGPU provider of onnxruntime, on the same adapter, the same graphs
// and weights, each measurement in a process of its own (two copies of Dawn do not get on in one). It prints medians and what can be counted:
//   dispatches  ours: recorded. ONNX Runtime: nodes that its profile says ran on the provider, each at least one dispatch.
//   read back   ours: bytes of mapped buffers. ONNX Runtime: bytes of the outputs, which its Node binding returns on the host.
//   buffers     ours: bytes of all buffers, peak. ONNX Runtime's are not visible from JavaScript.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { GitConfig } from "@glimpsejs/config";
import { bytesPerElement, elementCount, evaluateDim, type Graph, type HostTensor, prune } from "@glimpsejs/graph";
import { decoderGraph, visionGraph } from "@glimpsejs/model";
import { toOnnx } from "@glimpsejs/onnx";
import { webgpu } from "glimpsejs";
import { InferenceSession, Tensor } from "onnxruntime-node";

const { values: options } = parseArgs({
  options: {
    layers: { type: "string", default: "6" },
    "vision-layers": { type: "string", default: "12" },
    width: { type: "string", default: "768" },
    rounds: { type: "string", default: "20" },
    // What a child process measures: the number of a scenario and who computes it.
    one: { type: "string" },
  },
});
const [layers, visionLayers, width, rounds] = [
  options.layers,
  options["vision-layers"],
  options.width,
  options.rounds,
].map(Number) as [number, number, number, number];

const config = GitConfig.create({
  hiddenSize: width,
  numHiddenLayers: layers,
  numAttentionHeads: width / 64,
  intermediateSize: 4 * width,
  visionConfig: {
    hiddenSize: width,
    numHiddenLayers: visionLayers,
    numAttentionHeads: width / 64,
    intermediateSize: 4 * width,
  },
});
const cache = (kind: string) =>
  Array.from({ length: layers }, (_, i) => [`${kind}.${i}.key`, `${kind}.${i}.value`]).flat();

interface Scenario {
  readonly name: string;
  readonly graph: Graph;
  readonly sizes: Readonly<Record<string, number>>;
  readonly outputs: readonly string[];
  /** The output that is read. */
  readonly read: string | undefined;
}

const decoder = decoderGraph(config);
const text = { batch: 1, columns: 1, masked: 0, given: 0, wanted: 1 };
const scenarios: readonly Scenario[] = [
  {
    name: "vision",
    graph: visionGraph(config),
    sizes: { batch: 1, frames: 1, gridRows: 14, gridColumns: 14 },
    outputs: ["features"],
    read: undefined,
  },
  {
    name: "prefill",
    graph: decoder,
    sizes: { ...text, image: 197, trunk: 0, past: 0, text: 1 },
    outputs: ["nextIds", ...cache("present"), ...cache("image")],
    read: "nextIds",
  },
  {
    name: "decode step",
    graph: decoder,
    sizes: { ...text, image: 0, trunk: 197, past: 8, text: 1 },
    outputs: ["nextIds", ...cache("present")],
    read: "nextIds",
  },
];

/** Numbers around 0, the same for both. */
function numbers(count: number, scale: number): Float32Array {
  let state = count >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * scale;
  });
}

const shapes = new Map(scenarios.flatMap(({ graph }) => Object.entries(graph.weights)));
const weights = new Map(
  [...shapes].map(([name, { shape }]) => [name, numbers(elementCount(shape.map(Number)), 0.08)] as const),
);
const bytesOf = (name: string) => {
  const data = weights.get(name) ?? new Float32Array();
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
};

function feedsOf({ graph, sizes }: Scenario): Readonly<Record<string, HostTensor>> {
  const feeds: Record<string, HostTensor> = {};
  for (const [name, type] of Object.entries(graph.inputs)) {
    const shape = type.shape.map((dim) => evaluateDim(dim, sizes));
    const count = elementCount(shape);
    feeds[name] =
      type.dtype === "int32"
        ? { dtype: "int32", shape, data: new Int32Array(count) }
        : { dtype: "float32", shape, data: name === "mask" ? new Float32Array(count) : numbers(count, 1) };
  }
  return feeds;
}

interface Measured {
  readonly milliseconds: number;
  readonly dispatches: number;
  readonly bytesRead: number;
  readonly bytes: number | undefined;
  readonly ids: string;
}

const median = (times: readonly number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

async function ours(scenario: Scenario): Promise<Measured> {
  const backend = await webgpu({ selfTest: false }).open();
  const names = Object.keys(prune(scenario.graph).weights);
  const program = await backend.compile(
    { graph: scenario.graph },
    {
      names,
      get(name) {
        const shape = shapes.get(name)?.shape.map(Number);
        const bytes = bytesOf(name);
        return shape && { dtype: "float32", shape, byteLength: bytes.length, bytes: async () => bytes };
      },
    },
  );
  const host = feedsOf(scenario);
  // What a caption has on the device, stays there; the past is carried, so each round is fed a fresh one.
  const resident = Object.fromEntries(
    Object.entries(host)
      .filter(([name]) => name.startsWith("trunk.") || name === "imageFeatures")
      .map(([name, tensor]) => [name, backend.upload(tensor)]),
  );
  const times: number[] = [];
  let ids = "";
  let before = { ...backend.counters };
  for (let round = 0; round <= rounds; round++) {
    if (round === 1) before = { ...backend.counters };
    const start = performance.now();
    const outputs = await program.run("graph", { ...host, ...resident }, scenario.outputs);
    const read = outputs[scenario.read ?? ""];
    if (read === undefined) await backend.device.queue.onSubmittedWorkDone();
    else ids = (await read.read()).data.join();
    if (round > 0) times.push(performance.now() - start);
    for (const tensor of Object.values(outputs)) tensor.dispose();
  }
  const { counters } = backend;
  const result = {
    milliseconds: median(times),
    dispatches: (counters.dispatches - before.dispatches) / rounds,
    bytesRead: (counters.bytesRead - before.bytesRead) / rounds,
    bytes: counters.peakBytes,
    ids,
  };
  await program.dispose();
  await backend.dispose();
  return result;
}

async function onnxruntime(scenario: Scenario): Promise<Measured> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "glimpse-bench-"));
  try {
    const outputs = Object.fromEntries(scenario.outputs.map((name) => [name, scenario.graph.outputs[name] ?? ""]));
    const graph = prune({ ...scenario.graph, outputs, carries: {} });
    const model = toOnnx(graph, (name) => ({ dtype: "float32", data: bytesOf(name) }), "webgpu");
    const open = (profile: boolean) =>
      InferenceSession.create(model, {
        executionProviders: ["webgpu"],
        logSeverityLevel: 4,
        ...(profile && { enableProfiling: true, profileFilePrefix: path.join(folder, "run") }),
      });
    const feeds = Object.fromEntries(
      Object.entries(feedsOf(scenario)).map(([name, { data, shape, dtype }]) => [
        name,
        new Tensor(dtype as "float32", data as Float32Array, shape),
      ]),
    );
    const session = await open(false);
    const used = Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputNames.includes(name)));
    const times: number[] = [];
    let results: InferenceSession.OnnxValueMapType = {};
    for (let round = 0; round <= rounds; round++) {
      const start = performance.now();
      results = await session.run(used);
      if (round > 0) times.push(performance.now() - start);
    }
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
    const bytesRead = Object.values(results).reduce((sum, tensor) => {
      return sum + elementCount(tensor.dims) * bytesPerElement[tensor.type as "float32"];
    }, 0);
    const names = Object.keys(graph.outputs);
    const read = results[session.outputNames[names.indexOf(scenario.read ?? "")] ?? ""];
    return {
      milliseconds: median(times),
      dispatches: nodes.filter(({ args }) => args?.provider === "WebGpuExecutionProvider").length,
      bytesRead,
      bytes: undefined,
      ids: read === undefined ? "" : Array.from(read.data as Int32Array).join(),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const mega = (bytes: number | undefined) => (bytes === undefined ? "not visible" : `${(bytes / 1e6).toFixed(1)} MB`);

/** Runs this file for one measurement. */
async function measureApart(scenario: number, name: string): Promise<Measured | string> {
  const [, file = ""] = process.argv;
  const child = [file, ...process.argv.slice(2), "--one", `${scenario} ${name}`];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, child);
    return JSON.parse(stdout.split("\n").at(-2) ?? "") as Measured;
  } catch (error) {
    const { signal, stderr } = error as { readonly signal?: string; readonly stderr?: string };
    return signal === undefined || signal === null
      ? (stderr?.trim().split("\n").at(-1) ?? `${error}`)
      : `it ended with ${signal}`;
  }
}

if (options.one !== undefined) {
  const [index = "", name] = options.one.split(" ");
  const scenario = scenarios[Number(index)];
  if (scenario === undefined) throw new TypeError("there is no such scenario.");
  console.log(JSON.stringify(await (name === "glimpse" ? ours : onnxruntime)(scenario)));
} else await compare();

async function compare(): Promise<void> {
  console.log(`GIT ${width} wide, ${visionLayers} and ${layers} layers, float32, medians of ${rounds} rounds\n`);
  for (const [i, scenario] of scenarios.entries()) {
    for (const name of ["glimpse", "onnxruntime"]) {
      const row = await measureApart(i, name);
      const what = `${scenario.name.padEnd(12)} ${name.padEnd(12)}`;
      if (typeof row === "string") {
        console.log(`${what} failed: ${row}`);
        continue;
      }
      const dispatches = `${name === "glimpse" ? "" : "≥ "}${row.dispatches}`;
      console.log(
        `${what} ${row.milliseconds.toFixed(2).padStart(9)} ms  ${dispatches.padStart(5)} dispatches  ` +
          `${row.bytesRead.toLocaleString("en")} B read back  buffers ${mega(row.bytes)}${row.ids === "" ? "" : `  ids ${row.ids}`}`,
      );
    }
  }
}
