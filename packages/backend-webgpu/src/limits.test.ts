// Limits and losses of memory, on GPUs that there are not.
import { buildGraph, float32, type WeightSource } from "@glimpsejs/graph";
import { expect, test, vi } from "vitest";
import { defaultLimits, fakeGpu } from "../test/fake-gpu.ts";
import type { Gpu, GpuAdapter, GpuDevice } from "./gpu.ts";
import { webgpu } from "./index.ts";
import { checkBindings, limitProblems } from "./limits.ts";

test("WebGPU's default limits are enough, git-base's head in float32 included", () => {
  expect(limitProblems(defaultLimits)).toEqual([]);
  expect(() => checkBindings(defaultLimits, [{ names: ["output.weight"], bytes: 4 * 30_522 * 768 }])).not.toThrow();
});

test("a limit that is too small is named, with what was needed and what there is", () => {
  expect(() => checkBindings(defaultLimits, [{ names: ["output.weight"], bytes: 2 ** 28 }])).toThrow(
    "GPU limit maxStorageBufferBindingSize: it is too small for output.weight, expected at least 268435456, got 134217728.",
  );
  const [problem] = limitProblems({ ...defaultLimits, maxStorageBuffersPerShaderStage: 4 });
  expect(problem?.subject).toBe("GPU limit maxStorageBuffersPerShaderStage");
});

test("F32: limits that are too small for a model: compile() and run() name all of them", async () => {
  const graph = buildGraph("large", (b) => {
    const x = b.input("x", "float32", ["n", 32]);
    const first = b.op("linear", { x, weight: b.weight("first", [64, 32]) }, {});
    b.output("y", b.op("linear", { x: first, weight: b.weight("second", [64, 64]) }, {}));
  });
  const shapes: Readonly<Record<string, readonly [number, number]>> = { first: [64, 32], second: [64, 64] };
  const bytes = 64 * 64 * 4;
  const weights: WeightSource = {
    names: Object.keys(shapes),
    get(name) {
      const shape = shapes[name];
      if (shape === undefined) return undefined;
      const data = new Uint8Array(4 * shape[0] * shape[1]);
      return { dtype: "float32", shape, byteLength: data.length, bytes: async () => data };
    },
  };
  const open = (maxStorageBufferBindingSize: number) =>
    webgpu({ gpu: fakeGpu({ limits: { maxStorageBufferBindingSize } }).gpu, selfTest: false }).open();

  const tiny = await open(4096);
  await expect(tiny.compile({ graph }, weights)).rejects.toMatchObject({
    code: "unsupported",
    problems: [
      { subject: "GPU limit maxStorageBufferBindingSize", problem: "it is too small for first", got: "4096" },
      { problem: "it is too small for second", expected: `at least ${bytes}` },
    ],
  });
  await tiny.dispose();
  expect(tiny.counters.bytes).toBe(0);

  const enough = await open(bytes);
  const program = await enough.compile({ graph }, weights);
  await expect(program.run("graph", { x: float32(new Float32Array(32 * 100), [100, 32]) })).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringContaining(
      `GPU limit maxStorageBufferBindingSize: it is too small for a value of graph "large", expected at least 25600, got ${bytes}.`,
    ),
  });
  await enough.dispose();
  expect(enough.counters.bytes).toBe(0);
});

/** A GPU whose adapter is like this. */
function gpu(adapter: Partial<GpuAdapter> | null): Gpu {
  const info = { vendor: "acme", architecture: "", device: "", description: "" };
  const whole: GpuAdapter = {
    features: new Set(),
    limits: defaultLimits,
    info,
    requestDevice: () => Promise.reject(new Error("no")),
    ...adapter,
  };
  return { requestAdapter: async () => (adapter === null ? null : whole) };
}

test("says in words why there is no GPU", async () => {
  const why = (options: Parameters<typeof webgpu>[0]) => webgpu(options).unavailable();
  expect(await why({ gpu: gpu(null) })).toBe(
    "WebGPU finds no GPU here. A driver for Vulkan, Metal or Direct3D 12 is needed.",
  );
  const software = { vendor: "google", architecture: "swiftshader", device: "", description: "SwiftShader driver" };
  expect(await why({ gpu: gpu({ info: software }), software: false })).toBe(
    "WebGPU finds no GPU here, only a program that imitates one (google swiftshader SwiftShader driver)",
  );
  expect(await why({ gpu: gpu({ info: software }) })).toBeUndefined();
  const small = { ...defaultLimits, maxComputeInvocationsPerWorkgroup: 128, maxComputeWorkgroupSizeX: 128 };
  const both =
    "GPU limit maxComputeInvocationsPerWorkgroup: it is too small, expected at least 256, got 128; " +
    "GPU limit maxComputeWorkgroupSizeX: it is too small, expected at least 256, got 128";
  expect(await why({ gpu: gpu({ limits: small }) })).toBe(both);
  await expect(webgpu({ gpu: gpu({ limits: small }) }).open()).rejects.toMatchObject({
    code: "backend-unavailable",
    problems: [{ got: "128" }, { got: "128" }],
  });
  await expect(webgpu({ gpu: gpu({}) }).open()).rejects.toMatchObject({ code: "backend-unavailable" });
  await expect(webgpu({ gpu: gpu({}) }).open()).rejects.toThrow("the GPU cannot be opened (no)");
});

test("on a GPU a search runs a step ahead of what it reads", async () => {
  const backend = await webgpu({ gpu: fakeGpu().gpu, selfTest: false }).open();
  expect(backend.runAhead).toBe(1);
  await backend.dispose();
});

test("a GPU that cannot time its kernels is told of, and given back", async () => {
  const destroy = vi.fn();
  const device = { features: new Set(), limits: defaultLimits, destroy } as unknown as GpuDevice;
  const untimed = gpu({ requestDevice: async () => device });
  await expect(webgpu({ gpu: untimed, profile: true }).open()).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringContaining('the GPU has no feature "timestamp-query"'),
  });
  expect(destroy).toHaveBeenCalledOnce();
});
