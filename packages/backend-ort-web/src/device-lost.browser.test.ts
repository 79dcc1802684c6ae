// A GPU that refuses to be opened, or goes away, under ONNX Runtime's WebGPU provider.
import { buildGraph, float32 } from "@glimpsejs/graph";
import { afterEach, expect, test, vi } from "vitest";
import { webgpuUrls } from "./assets.ts";
import { ortWeb } from "./index.ts";

/** x → x + x */
const twice = buildGraph("twice", (b) => {
  const x = b.input("x", "float32", ["n"]);
  b.output("y", b.op("add", { a: x, b: x }, {}));
});

afterEach(() => {
  vi.restoreAllMocks();
});

test("F32: a GPU that refuses a device is said by name, and the next open works", async () => {
  const plugin = ortWeb({ provider: "webgpu", urls: webgpuUrls });
  const refusal = vi.spyOn(GPUAdapter.prototype, "requestDevice").mockRejectedValue(new TypeError("no more devices"));
  await expect(plugin.open()).rejects.toMatchObject({
    code: "backend-unavailable",
    message: 'backend "ort-web-webgpu": the GPU cannot be opened (no more devices).',
    cause: expect.any(TypeError),
  });
  refusal.mockRestore();
  const backend = await plugin.open();
  // The runtime has the device that was opened, and asks for none of its own.
  vi.spyOn(GPUAdapter.prototype, "requestDevice").mockRejectedValue(new TypeError("no more devices"));
  const program = await backend.compile({ twice }, { names: [], get: () => undefined });
  const { y } = await program.run("twice", { x: float32([1, 2], [2]) }, ["y"]);
  expect((await y.read()).data).toEqual(Float32Array.of(2, 4));
  await backend.dispose();
});

test("F33: what runs after the GPU is lost is an error, never zeros", async () => {
  const devices: GPUDevice[] = [];
  const { requestDevice } = GPUAdapter.prototype;
  vi.spyOn(GPUAdapter.prototype, "requestDevice").mockImplementation(async function (this: GPUAdapter, descriptor) {
    const device = await requestDevice.call(this, descriptor);
    devices.push(device);
    return device;
  });
  const backend = await ortWeb({ provider: "webgpu", urls: webgpuUrls }).open();
  const program = await backend.compile({ twice }, { names: [], get: () => undefined });
  const run = async () => {
    const { y } = await program.run("twice", { x: float32([1, 2], [2]) }, ["y"]);
    return (await y.read()).data;
  };
  expect(await run()).toEqual(Float32Array.of(2, 4));
  expect(devices).toHaveLength(1);
  devices[0]?.destroy();
  await devices[0]?.lost;
  for (let tries = 0; tries < 2; tries++) {
    await expect(run()).rejects.toMatchObject({ code: "backend", message: expect.stringMatching(/lost|destroyed/i) });
  }
  await backend.dispose();
  const next = await ortWeb({ provider: "webgpu", urls: webgpuUrls }).open();
  const again = await next.compile({ twice }, { names: [], get: () => undefined });
  const { y } = await again.run("twice", { x: float32([1, 2], [2]) }, ["y"]);
  expect((await y.read()).data).toEqual(Float32Array.of(2, 4));
  expect(devices).toHaveLength(2);
});
