// A caption on our WebGPU kernels beside the same caption on ONNX Runtime's WebGPU provider, on the browser's one GPU: what
// each asks of it, counted where both call it. The same tokens, fewer dispatches, fewer bytes read back, less memory.
import { webgpuUrls } from "@glimpsejs/backend-ort-web/assets";
import { webgpu } from "@glimpsejs/backend-webgpu";
import { bind } from "@glimpsejs/core";
import { afterEach, expect, test, vi } from "vitest";
import { commands } from "vitest/browser";
import {
  feedsOf,
  type ModelSize,
  type Scenario,
  scenariosOf,
  weightsOf,
  withoutEmpty,
} from "../../../../apps/bench/src/webgpu/scenario.ts";
import { ortWeb, webPlatform } from "./index.ts";

vi.setConfig({ testTimeout: 300_000 });
afterEach(() => vi.restoreAllMocks());

interface Counts {
  dispatches: number;
  bytesRead: number;
  bytes: number;
  /** Of all buffers, the most there were at once. */
  peakBytes: number;
}

/** Everything that is asked of any GPU from now on. */
function watchGpu(): Counts {
  const counts: Counts = { dispatches: 0, bytesRead: 0, bytes: 0, peakBytes: 0 };
  const alive = new WeakSet<GPUBuffer>();
  const { dispatchWorkgroups, dispatchWorkgroupsIndirect } = GPUComputePassEncoder.prototype;
  vi.spyOn(GPUComputePassEncoder.prototype, "dispatchWorkgroups").mockImplementation(function (
    this: GPUComputePassEncoder,
    ...sizes
  ) {
    counts.dispatches++;
    return dispatchWorkgroups.apply(this, sizes);
  });
  vi.spyOn(GPUComputePassEncoder.prototype, "dispatchWorkgroupsIndirect").mockImplementation(function (
    this: GPUComputePassEncoder,
    ...from
  ) {
    counts.dispatches++;
    return dispatchWorkgroupsIndirect.apply(this, from);
  });
  const { mapAsync, destroy } = GPUBuffer.prototype;
  vi.spyOn(GPUBuffer.prototype, "mapAsync").mockImplementation(function (this: GPUBuffer, mode, offset = 0, size) {
    if (mode === mapRead) counts.bytesRead += size ?? this.size - offset;
    return mapAsync.call(this, mode, offset, size);
  });
  const { createBuffer } = GPUDevice.prototype;
  vi.spyOn(GPUDevice.prototype, "createBuffer").mockImplementation(function (this: GPUDevice, descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    alive.add(buffer);
    counts.bytes += buffer.size;
    counts.peakBytes = Math.max(counts.peakBytes, counts.bytes);
    return buffer;
  });
  vi.spyOn(GPUBuffer.prototype, "destroy").mockImplementation(function (this: GPUBuffer) {
    if (alive.delete(this)) counts.bytes -= this.size;
    return destroy.call(this);
  });
  return counts;
}

/** GPUMapMode.READ. */
const mapRead = 1;
const tokens = 5;

/** The second caption of a small random model, as the first also makes what is made once. */
async function caption(backend: ReturnType<typeof ortWeb>) {
  const counts = watchGpu();
  const { GitForCausalLM } = bind(webPlatform());
  const model = await GitForCausalLM.fromPretrained("/fixtures/reference/cases/generate-image", { backend });
  try {
    const data = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => Math.sin(i));
    const pixelValues = { dtype: "float32", shape: [1, 3, 32, 32], data } as const;
    const inputs = { pixelValues, maxNewTokens: tokens, eosTokenId: null, outputLogProbs: false };
    await model.generate(inputs);
    const before = { ...counts };
    const { generated } = await model.generate(inputs);
    return {
      generated,
      dispatches: counts.dispatches - before.dispatches,
      bytesRead: counts.bytesRead - before.bytesRead,
      peakBytes: counts.peakBytes,
    };
  } finally {
    await model.dispose();
    vi.restoreAllMocks();
  }
}

test("fewer dispatches, bytes read back and bytes of buffers than ONNX Runtime's provider", async () => {
  const ours = await caption(webgpu({ selfTest: false, prepare: false }));
  const theirs = await caption(ortWeb({ provider: "webgpu", urls: webgpuUrls }));
  expect(ours.generated).toEqual(theirs.generated);
  expect(ours.bytesRead).toBe(4 * tokens);
  expect(ours.bytesRead).toBeLessThanOrEqual(theirs.bytesRead);
  // With ONNX Runtime too the cache stays on the GPU, and nothing is computed elsewhere but on a few numbers in pieces of 16
  // bytes: an id, and the choice of it.
  expect(theirs.bytesRead).toBeLessThanOrEqual(3 * 16 * tokens);
  expect(ours.dispatches).toBeLessThan(theirs.dispatches / 2);
  expect(ours.peakBytes).toBeLessThan(theirs.peakBytes);
});

const model: ModelSize = { width: 64, visionLayers: 1, layers: 1 };

/** The second run of one graph, as the first also makes what is made once. */
async function run(plugin: ReturnType<typeof ortWeb>, scenario: Scenario, graph: Scenario["graph"]) {
  const counts = watchGpu();
  const backend = await plugin.open();
  try {
    const program = await backend.compile({ graph }, weightsOf(graph));
    const host = Object.entries(feedsOf({ ...scenario, graph }));
    // What a caption has on the device, stays there.
    const isResident = (name: string) => name.startsWith("trunk.") || name === "imageFeatures";
    const resident = host.filter(([name]) => isResident(name)).map(([name, value]) => [name, backend.upload(value)]);
    const feeds = { ...Object.fromEntries(host), ...Object.fromEntries(resident) };
    const step = async () => {
      const outputs = await program.run("graph", feeds, scenario.outputs);
      return { outputs, ids: await outputs[scenario.read ?? ""]?.read() };
    };
    for (const tensor of Object.values((await step()).outputs)) tensor.dispose();
    const before = { ...counts };
    const { outputs, ids } = await step();
    const counted = {
      dispatches: counts.dispatches - before.dispatches,
      bytesRead: counts.bytesRead - before.bytesRead,
      bufferBytes: counts.peakBytes,
    };
    const compared = await outputs[scenario.compared ?? ""]?.read();
    return { counted, ids: Array.from(ids?.data ?? [], Number), sample: Array.from(compared?.data ?? [], Number) };
  } finally {
    await backend.dispose();
    vi.restoreAllMocks();
  }
}

test("fewer of each in the image encoder, in the first run of the decoder and in a step", async () => {
  const scenarios = [];
  for (const scenario of scenariosOf(model)) {
    const ours = await run(webgpu({ selfTest: false, prepare: false }), scenario, scenario.graph);
    const theirs = await run(ortWeb({ provider: "webgpu", urls: webgpuUrls }), scenario, withoutEmpty(scenario));
    expect(ours.ids).toEqual(theirs.ids);
    expect(ours.sample).toHaveLength(theirs.sample.length);
    const errors = ours.sample.map((value, i) => Math.abs(value - (theirs.sample[i] ?? Number.NaN)));
    expect(Math.max(0, ...errors)).toBeLessThan(1e-3);
    const [glimpse, onnxruntime] = [ours.counted, theirs.counted];
    scenarios.push({ name: scenario.name, glimpse, onnxruntime });
    expect(glimpse.dispatches, scenario.name).toBeLessThan(onnxruntime.dispatches / 2);
    expect(glimpse.bytesRead, scenario.name).toBe(scenario.read === undefined ? 0 : 4);
    expect(glimpse.bytesRead, scenario.name).toBeLessThanOrEqual(onnxruntime.bytesRead);
    expect(glimpse.bufferBytes, scenario.name).toBeLessThan(onnxruntime.bufferBytes);
  }
  const { vendor, architecture, description } = (await navigator.gpu.requestAdapter())?.info ?? {};
  const adapter = [vendor, architecture, description].filter((text) => text !== "").join(" ");
  // Kept for docs/performance.md where it is asked for.
  const date = new Date().toISOString();
  await commands.record("webgpu-counts", { schema: 1, date, browser: navigator.userAgent, adapter, model, scenarios });
});
