// How much memory a load and a caption take in a browser, against the weights: bytes that JavaScript holds for them,
// WebAssembly's memory at its largest, buffers of the GPU, and what the browser itself counts at the end.
import type { Backend, BackendPlugin } from "@glimpsejs/backend";
import { wasmUrls, webgpuUrls } from "@glimpsejs/backend-ort-web/assets";
import { afterEach, expect, test, vi } from "vitest";
import { cdp } from "vitest/browser";
import { GitConfig, GitForCausalLM, ortWeb, webgpu } from "./index.ts";

const MB = 1e6;

vi.setConfig({ testTimeout: 300_000 });

declare global {
  interface Performance {
    /** Bytes of the page and its workers, WebAssembly's memory among them, after a collection of garbage. */
    measureUserAgentSpecificMemory(): Promise<{ readonly bytes: number }>;
  }
}

type WeightSource = Parameters<Backend["compile"]>[1];

/** One layer each, and 100 MB of weights. */
const config = GitConfig.create({
  hiddenSize: 768,
  numHiddenLayers: 1,
  numAttentionHeads: 12,
  intermediateSize: 3072,
  vocabSize: 8000,
  maxPositionEmbeddings: 64,
  visionConfig: { hiddenSize: 768, numHiddenLayers: 1, numAttentionHeads: 12, intermediateSize: 3072, imageSize: 64 },
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Frees what nothing holds. */
async function collectGarbage(): Promise<void> {
  await cdp().send("HeapProfiler.collectGarbage");
}

/** A plugin whose weights are watched: bytes of all that were handed out, of the largest, and the most held at once. */
function watched(plugin: BackendPlugin) {
  const handedOut: WeakRef<Uint8Array>[] = [];
  const names = new Set<string>();
  const seen = { weights: 0, largest: 0, most: 0, held: async () => 0 };
  seen.held = async () => {
    await collectGarbage();
    return handedOut.reduce((sum, ref) => sum + (ref.deref()?.byteLength ?? 0), 0);
  };
  const watch = (weights: WeightSource): WeightSource => ({
    names: weights.names,
    get(name) {
      const weight = weights.get(name);
      return (
        weight && {
          ...weight,
          async bytes() {
            const bytes = await weight.bytes();
            handedOut.push(new WeakRef(bytes));
            // What is read again for another session is the same weight.
            if (!names.has(name)) seen.weights += bytes.byteLength;
            names.add(name);
            seen.largest = Math.max(seen.largest, bytes.byteLength);
            seen.most = Math.max(seen.most, await seen.held());
            return bytes;
          },
        }
      );
    },
  });
  const backend: BackendPlugin = {
    ...plugin,
    async open() {
      const opened = await plugin.open();
      const compile: typeof opened.compile = (graphs, weights, signal) =>
        opened.compile(graphs, watch(weights), signal);
      return new Proxy(opened, {
        get(target, key) {
          if (key === "compile") return compile;
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  };
  return { backend, seen };
}

/** Some tokens about a grey picture. */
async function generateFrom(model: GitForCausalLM): Promise<void> {
  const { imageSize } = config.visionConfig;
  const shape = [1, 3, imageSize, imageSize];
  const pixelValues = { dtype: "float32" as const, shape, data: new Float32Array(3 * imageSize ** 2) };
  await model.generate({ pixelValues, maxLength: 4 });
}

/** All memories that WebAssembly makes from now on, in bytes. They never shrink. */
function watchWebAssembly(): () => number {
  const memories: WebAssembly.Memory[] = [];
  const { Memory } = WebAssembly;
  vi.stubGlobal("WebAssembly", {
    ...Object.fromEntries(
      Object.getOwnPropertyNames(WebAssembly).map((name) => [name, Reflect.get(WebAssembly, name)]),
    ),
    Memory: class extends Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        super(descriptor);
        memories.push(this);
      }
    },
  });
  return () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

/** The most bytes that there are in buffers of GPUs at once, from now on. */
function watchGpu(): { bytes: number; most: number } {
  const gpu = { bytes: 0, most: 0 };
  const alive = new WeakSet<GPUBuffer>();
  const { createBuffer } = GPUDevice.prototype;
  vi.spyOn(GPUDevice.prototype, "createBuffer").mockImplementation(function (this: GPUDevice, descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    alive.add(buffer);
    gpu.bytes += buffer.size;
    gpu.most = Math.max(gpu.most, gpu.bytes);
    return buffer;
  });
  const { destroy } = GPUBuffer.prototype;
  vi.spyOn(GPUBuffer.prototype, "destroy").mockImplementation(function (this: GPUBuffer) {
    if (alive.delete(this)) gpu.bytes -= this.size;
    return destroy.call(this);
  });
  return gpu;
}

test("ONNX Runtime in WebAssembly takes no more than twice the weights", async () => {
  const wasmBytes = watchWebAssembly();
  const { backend, seen } = watched(ortWeb({ provider: "wasm", urls: wasmUrls, threads: 1 }));
  await using model = await GitForCausalLM.fromConfig(config, { backend });
  await generateFrom(model);
  const wasm = wasmBytes();
  expect(seen.weights).toBeGreaterThan(100 * MB);
  expect(wasm).toBeGreaterThan(seen.weights);
  // JavaScript holds the weights of one graph while the runtime copies them, and none afterwards.
  expect(seen.most + wasm).toBeLessThan(2 * seen.weights + 32 * MB);
  expect(await seen.held()).toBe(0);
  expect((await performance.measureUserAgentSpecificMemory()).bytes).toBeLessThan(2 * seen.weights + 32 * MB);
});

test("ONNX Runtime on WebGPU takes no more than three times the weights, twice on the GPU", async () => {
  const wasmBytes = watchWebAssembly();
  const gpu = watchGpu();
  const plugin = ortWeb({ provider: "webgpu", urls: webgpuUrls });
  const { backend, seen } = watched(plugin);
  await using model = await GitForCausalLM.fromConfig(config, { backend });
  await generateFrom(model);
  expect(seen.weights).toBeGreaterThan(100 * MB);
  // The decoder's are there twice: for reading the prompt and for each token.
  expect(gpu.most).toBeGreaterThan(1.5 * seen.weights);
  expect(gpu.most).toBeLessThan(2 * seen.weights);
  // They go from JavaScript straight to the GPU; WebAssembly's memory stays as it was at the start.
  expect(seen.most).toBeLessThan(seen.weights);
  expect(wasmBytes()).toBeLessThan(32 * MB);
  expect(await seen.held()).toBe(0);
  expect(seen.most + wasmBytes() + gpu.most).toBeLessThan(plugin.estimateMemory?.(seen.weights) ?? 0);
});

test("WebGPU holds one tensor at a time in JavaScript", async () => {
  const { backend, seen } = watched(webgpu({ selfTest: false }));
  await using model = await GitForCausalLM.fromConfig(config, { backend });
  await generateFrom(model);
  expect(seen.weights).toBeGreaterThan(100 * MB);
  expect(seen.most).toBeLessThan(seen.largest + MB);
  expect(await seen.held()).toBe(0);
});
