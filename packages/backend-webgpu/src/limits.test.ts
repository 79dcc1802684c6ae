// Limits and losses of memory, on GPUs that there are not.
import { expect, test, vi } from "vitest";
import type { Gpu, GpuAdapter, GpuDevice, GpuLimits } from "./gpu.ts";
import { webgpu } from "./index.ts";
import { checkBinding, limitProblems } from "./limits.ts";

const defaults: GpuLimits = {
  maxStorageBufferBindingSize: 2 ** 27,
  maxBufferSize: 2 ** 28,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeWorkgroupsPerDimension: 65_535,
  minUniformBufferOffsetAlignment: 256,
};

test("WebGPU's default limits are enough, git-base's head in float32 included", () => {
  expect(limitProblems(defaults)).toEqual([]);
  expect(() => checkBinding(defaults, ["output.weight"], 4 * 30_522 * 768)).not.toThrow();
});

test("a limit that is too small is named, with what was needed and what there is", () => {
  expect(() => checkBinding(defaults, ["output.weight"], 2 ** 28)).toThrow(
    "GPU limit maxStorageBufferBindingSize: it is too small for output.weight, expected at least 268435456, got 134217728.",
  );
  const [problem] = limitProblems({ ...defaults, maxStorageBuffersPerShaderStage: 4 });
  expect(problem?.subject).toBe("GPU limit maxStorageBuffersPerShaderStage");
});

/** A GPU whose adapter is like this. */
function gpu(adapter: Partial<GpuAdapter> | null): Gpu {
  const info = { vendor: "acme", architecture: "", device: "", description: "" };
  const whole: GpuAdapter = {
    features: new Set(),
    limits: defaults,
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
  const small = { ...defaults, maxComputeInvocationsPerWorkgroup: 128 };
  expect(await why({ gpu: gpu({ limits: small }) })).toContain("it is too small");
  await expect(webgpu({ gpu: gpu({}) }).open()).rejects.toMatchObject({ code: "backend-unavailable" });
  await expect(webgpu({ gpu: gpu({}) }).open()).rejects.toThrow("the GPU cannot be opened (no)");
});

test("a GPU that cannot time its kernels is told of, and given back", async () => {
  const destroy = vi.fn();
  const device = { features: new Set(), limits: defaults, destroy } as unknown as GpuDevice;
  const untimed = gpu({ requestDevice: async () => device });
  await expect(webgpu({ gpu: untimed, profile: true }).open()).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringContaining('the GPU has no feature "timestamp-query"'),
  });
  expect(destroy).toHaveBeenCalledOnce();
});
