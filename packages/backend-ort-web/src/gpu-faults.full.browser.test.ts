// What a GPU refuses under ONNX Runtime's WebGPU provider: memory, a kernel, a command. The call rejects by the graph's
// name, never with zeros, and the next call works. Among the slow ones, as it is SwiftShader that compiles.
import type { Backend } from "@glimpsejs/backend";
import { buildGraph, float32 } from "@glimpsejs/graph";
import { afterEach, expect, test, vi } from "vitest";
import { webgpuUrls } from "./assets.ts";
import { ortWeb } from "./index.ts";

let backend: Backend | undefined;

afterEach(async () => {
  vi.restoreAllMocks();
  await backend?.dispose();
});

const rows = 256;

/** x [n, R] → 2 x, by a weight that is on the GPU; as the set of all its elements, for an x of threes. */
async function compile() {
  backend = await ortWeb({ provider: "webgpu", urls: webgpuUrls }).open();
  const graph = buildGraph("scale", (b) => {
    const x = b.input("x", "float32", ["n", rows]);
    b.output("y", b.op("linear", { x, weight: b.weight("weight", [rows, rows]) }, {}));
  });
  const diagonal = Float32Array.from({ length: rows * rows }, (_, i) => (i % (rows + 1) === 0 ? 2 : 0));
  const bytes = new Uint8Array(diagonal.buffer);
  const program = await backend.compile(
    { scale: graph },
    {
      names: ["weight"],
      get: () => ({ dtype: "float32", shape: [rows, rows], byteLength: bytes.length, bytes: async () => bytes }),
    },
  );
  return async (n = 1) => {
    const x = float32(new Float32Array(n * rows).fill(3), [n, rows]);
    const { y } = await program.run("scale", { x }, ["y"]);
    const { data } = await y.read();
    y.dispose();
    return new Set(Array.from(data, Number));
  };
}

const refused = {
  code: "backend",
  message: expect.stringMatching(/^graph "scale": ONNX Runtime cannot (?:load|run) it \(.+\)/),
  cause: expect.any(Error),
};
const right = new Set([6]);

/** Buffers of GPUs are what they are when there is no memory: of no use, and nobody says so but an error scope. */
function noMemory(): void {
  const { createBuffer } = GPUDevice.prototype;
  vi.spyOn(GPUDevice.prototype, "createBuffer").mockImplementation(function (this: GPUDevice, descriptor) {
    if (descriptor.mappedAtCreation === true) throw new RangeError("createBuffer failed, size is too large");
    this.pushErrorScope("validation");
    const buffer = createBuffer.call(this, { ...descriptor, size: this.limits.maxBufferSize + 4 });
    void this.popErrorScope();
    return buffer;
  });
}

test("F34: no memory for the weights, and then there is some", async () => {
  const run = await compile();
  noMemory();
  await expect(run()).rejects.toMatchObject(refused);
  vi.restoreAllMocks();
  expect(await run()).toEqual(right);
});

test("F34: no memory for a run, and then there is some", async () => {
  const run = await compile();
  expect(await run()).toEqual(right);
  noMemory();
  await expect(run(33)).rejects.toMatchObject(refused);
  vi.restoreAllMocks();
  expect(await run(33)).toEqual(right);
});

test("F34: a kernel that the driver does not compile", async () => {
  const run = await compile();
  const { createShaderModule } = GPUDevice.prototype;
  vi.spyOn(GPUDevice.prototype, "createShaderModule").mockImplementation(function (this: GPUDevice) {
    return createShaderModule.call(this, { code: "no shader" });
  });
  await expect(run()).rejects.toMatchObject(refused);
  vi.restoreAllMocks();
  expect(await run()).toEqual(right);
});

test("F34: a command that the device refuses", async () => {
  const run = await compile();
  expect(await run()).toEqual(right);
  const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
  vi.spyOn(GPUComputePassEncoder.prototype, "dispatchWorkgroups").mockImplementation(function (
    this: GPUComputePassEncoder,
  ) {
    dispatchWorkgroups.call(this, 1_000_000);
  });
  await expect(run()).rejects.toMatchObject(refused);
  vi.restoreAllMocks();
  expect(await run()).toEqual(right);
});
