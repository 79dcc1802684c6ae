// A GPU that goes away under ONNX Runtime's WebGPU provider.
import { buildGraph, float32 } from "@glimpsejs/graph";
import { expect, test, vi } from "vitest";
import { webgpuUrls } from "./assets.ts";
import { ortWeb } from "./index.ts";

test("F33: what runs after the GPU is lost is an error, never zeros", async () => {
  const devices: GPUDevice[] = [];
  const { requestDevice } = GPUAdapter.prototype;
  vi.spyOn(GPUAdapter.prototype, "requestDevice").mockImplementation(async function (this: GPUAdapter, descriptor) {
    const device = await requestDevice.call(this, descriptor);
    devices.push(device);
    return device;
  });
  const backend = await ortWeb({ provider: "webgpu", urls: webgpuUrls }).open();
  const twice = buildGraph("twice", (b) => {
    const x = b.input("x", "float32", ["n"]);
    b.output("y", b.op("add", { a: x, b: x }, {}));
  });
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
