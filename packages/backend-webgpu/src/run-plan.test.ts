// What a run asks of the device, counted on a GPU that computes nothing: one encoder, one pass and one submit, whatever it
// consists of, and nothing more to read what is small.
import { buildGraph, float32, int32, type WeightSource } from "@glimpsejs/graph";
import { expect, test, vi } from "vitest";
import { FakeDevice, fakeGpu } from "../test/fake-gpu.ts";
import { webgpu } from "./index.ts";

const graph = buildGraph("step", (b) => {
  const x = b.input("x", "float32", ["rows", 64]);
  const y = b.op(
    "activation",
    { x: b.op("linear", { x, weight: b.weight("w", [300, 64]) }, {}) },
    { function: "gelu" },
  );
  const masked = b.op("maskTokens", { x: y, tokens: b.input("masked", "int32", ["rows", "masked"]) }, {});
  b.output("y", y);
  b.output("ids", b.op("argMax", { x: masked }, {}));
});
const weights: WeightSource = {
  names: ["w"],
  get: () => ({
    dtype: "float32",
    shape: [300, 64],
    byteLength: 4 * 300 * 64,
    bytes: async () => new Uint8Array(4 * 300 * 64),
  }),
};
const feeds = { x: float32(new Float32Array(64), [1, 64]), masked: int32([1, 2], [1, 2]) };

test("a run is one encoder, one pass and one submit; what is small is read without another", async () => {
  const counts = { encoders: 0, passes: 0, dispatches: 0, submits: 0 };
  const fake = fakeGpu({
    on(event) {
      if (event === "dispatch") counts.dispatches++;
      if (event === "submit") counts.submits++;
    },
  });
  const { createCommandEncoder } = FakeDevice.prototype;
  using _ = vi.spyOn(FakeDevice.prototype, "createCommandEncoder").mockImplementation(function (this: FakeDevice) {
    counts.encoders++;
    const encoder = createCommandEncoder.call(this);
    return {
      ...encoder,
      beginComputePass() {
        counts.passes++;
        return encoder.beginComputePass();
      },
    };
  });
  const backend = await webgpu({ gpu: fake.gpu, selfTest: false }).open();
  const program = await backend.compile({ graph }, weights);
  const run = async () => {
    Object.assign(counts, { encoders: 0, passes: 0, dispatches: 0, submits: 0 });
    const { y, ids } = await program.run("graph", feeds, ["y", "ids"]);
    expect(Array.from((await ids.read()).data, Number)).toEqual([3]);
    y.dispose();
    ids.dispose();
  };
  await run();
  expect(counts.dispatches).toBeGreaterThan(1);
  const { bytes, peakBytes, pipelines } = backend.counters;
  await run();
  expect(counts).toEqual({ encoders: 1, passes: 1, dispatches: counts.dispatches, submits: 1 });
  // The second made nothing: buffers are those of the first, and what is held at most is known.
  expect(backend.counters).toMatchObject({ bytes, peakBytes, pipelines });
  expect(peakBytes).toBeGreaterThanOrEqual(bytes);
  expect(bytes).toBeGreaterThan(4 * 300 * 64);
  await program.dispose();
  await backend.dispose();
  expect(backend.counters).toMatchObject({ bytes: 0, peakBytes });
});
