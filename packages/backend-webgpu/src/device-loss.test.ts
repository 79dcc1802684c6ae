// Losses and refusals of a device at every point of its work, on a GPU that computes nothing. What a call gives after a
// loss is core's test, on an adapter that computes.
import { buildGraph, float32, type WeightSource } from "@glimpsejs/graph";
import { describe, expect, test } from "vitest";
import { type FakeDevice, type FakeEvent, fakeGpu } from "../test/fake-gpu.ts";
import { webgpu } from "./index.ts";

const graph = buildGraph("sum", (b) => {
  const x = b.input("x", "float32", ["n", 64]);
  b.output("y", b.op("linear", { x, weight: b.weight("w", [64, 64]) }, {}));
});

const noWeights: WeightSource = { names: [], get: () => undefined };

function weights(onRead: () => void = () => {}): WeightSource {
  const bytes = async () => {
    onRead();
    return new Uint8Array(4 * 64 * 64);
  };
  return { names: ["w"], get: () => ({ dtype: "float32", shape: [64, 64], byteLength: 4 * 64 * 64, bytes }) };
}

const x = (rows = 8) => float32(new Float32Array(64 * rows), [rows, 64]);
const lost = (message = "gone") => ({
  code: "device-lost",
  message: expect.stringContaining(`it was lost (${message})`),
});

/** A backend on a GPU that does something at the next event of a kind. */
async function opened(isOwn = true) {
  let at: { event: FakeEvent; act(device: FakeDevice): void } | undefined;
  const fake = fakeGpu({
    on(event, device) {
      if (event !== at?.event) return;
      const { act } = at;
      at = undefined;
      act(device);
    },
  });
  const options = { selfTest: false, prepare: false };
  const device = isOwn ? undefined : await (await fake.gpu.requestAdapter())?.requestDevice();
  const backend = await webgpu({ ...options, ...(device === undefined ? { gpu: fake.gpu } : { device }) }).open();
  return {
    backend,
    devices: fake.devices,
    at(event: FakeEvent, act: (device: FakeDevice) => void) {
      at = { event, act };
    },
    /** Compiles, runs and reads. */
    async whole() {
      const program = await backend.compile({ graph }, weights());
      try {
        const { y } = await program.run("graph", { x: x() }, ["y"]);
        try {
          return (await y.read()).shape;
        } finally {
          y.dispose();
        }
      } finally {
        await program.dispose();
      }
    },
  };
}

describe("F33: a device is lost", () => {
  test.each(["buffer", "pipeline", "dispatch", "submit", "map"] as const)(
    "at a %s: a typed error, then the next device; nothing is left",
    async (event) => {
      const { backend, devices, at, whole } = await opened();
      at(event, (device) => device.lose());
      await expect(whole()).rejects.toMatchObject(lost());
      expect(await whole()).toEqual([8, 64]);
      expect(devices).toHaveLength(2);
      await backend.dispose();
      expect([backend.counters.bytes, backend.counters.tensorBytes]).toEqual([0, 0]);
    },
  );

  test("after the weights are there: the run brings them to the next device", async () => {
    const { backend, devices, at, whole } = await opened();
    at("write", (device) => device.lose());
    expect(await whole()).toEqual([8, 64]);
    expect(devices).toHaveLength(2);
    await backend.dispose();
  });

  test("while a weight is read from its source", async () => {
    const { backend, devices, whole } = await opened();
    await expect(
      backend.compile(
        { graph },
        weights(() => devices[0]?.lose()),
      ),
    ).rejects.toMatchObject(lost());
    expect(await whole()).toEqual([8, 64]);
    await backend.dispose();
  });

  test("twice in a row: each time a typed error, and a third device", async () => {
    const { backend, devices, at, whole } = await opened();
    for (const message of ["first", "second"]) {
      at("submit", (device) => device.lose(message));
      await expect(whole()).rejects.toMatchObject(lost(message));
    }
    expect(await whole()).toEqual([8, 64]);
    expect(devices).toHaveLength(3);
    await backend.dispose();
  });

  test.each(["write", "pipeline", "submit", "map"] as const)(
    "one that was handed in, at a %s: it is lost for good, and never destroyed",
    async (event) => {
      const { backend, devices, at, whole } = await opened(false);
      at(event, (device) => device.lose());
      const advice = expect.stringContaining("Open a backend on a new device; this one was handed in.");
      await expect(whole()).rejects.toMatchObject({ code: "device-lost", message: advice });
      await expect(whole()).rejects.toMatchObject({ code: "device-lost", message: advice });
      await backend.dispose();
      expect(devices.map(({ destroyed }) => destroyed)).toEqual([false]);
    },
  );

  test("tensors of a lost device stay lost when another call has opened the next", async () => {
    const { backend, devices } = await opened();
    const old = backend.upload(x());
    const under = backend.upload(x());
    const reading = under.read();
    devices[0]?.lose();
    await devices[0]?.lost;
    const reopening = backend.compile({ empty: buildGraph("empty", () => {}) }, noWeights);
    await expect(reading).rejects.toMatchObject(lost());
    await reopening;
    expect(devices).toHaveLength(2);
    await expect(old.read()).rejects.toMatchObject(lost());
    await backend.dispose();
  });

  test("what dispose() ends is disposed, not lost", async () => {
    const { backend } = await opened();
    const reading = backend.upload(x()).read();
    await backend.dispose();
    await expect(reading).rejects.toMatchObject({ code: "disposed" });
  });

  test("a profile that was not taken: a typed error, once", async () => {
    const { gpu, devices } = fakeGpu({ features: ["timestamp-query"] });
    const backend = await webgpu({ gpu, profile: true, selfTest: false }).open();
    const program = await backend.compile({ graph }, weights());
    const { y } = await program.run("graph", { x: x() }, ["y"]);
    const taking = backend.profiler?.take();
    devices[0]?.lose();
    await expect(taking).rejects.toMatchObject(lost());
    expect(await backend.profiler?.take()).toEqual([]);
    y.dispose();
    await backend.dispose();
    expect(backend.counters.bytes).toBe(0);
  });
});

describe("F34: a device refuses", () => {
  const memory = { code: "out-of-memory" };

  test.each(["buffer", "write"] as const)("a %s of upload(): reading says so", async (event) => {
    const { backend, devices, at } = await opened();
    at(event, (device) => device.report("out-of-memory", "full"));
    await expect(backend.upload(x()).read()).rejects.toMatchObject({
      ...memory,
      message: "WebGPU, uploading a value: the device has no memory left.",
    });
    expect(devices[0]?.uncaptured).toEqual([]);
  });

  test("the copy for reading", async () => {
    const { backend, devices, at } = await opened();
    const tensor = backend.upload(x());
    at("buffer", (device) => device.report("out-of-memory", "full"));
    await expect(tensor.read()).rejects.toMatchObject({
      ...memory,
      message: "WebGPU, copying a value for reading: the device has no memory left.",
    });
    expect(devices[0]?.uncaptured).toEqual([]);
  });

  test("to map: never a raw exception", async () => {
    const { backend, at } = await opened();
    at("map", () => {
      throw new DOMException("Not now.", "OperationError");
    });
    await expect(backend.upload(x(1)).read()).rejects.toMatchObject({
      code: "backend",
      message: "WebGPU, reading tensor float32[1, 64]: the device refused (Not now.).",
      cause: { name: "OperationError" },
    });
  });

  test.each([
    ["weights", 0, "WebGPU, memory for w: the device has no memory left."],
    ["parameters", 1, 'WebGPU, memory for graph "sum": the device has no memory left.'],
    ["a run", 2, 'WebGPU, running graph "sum": the device has no memory left.'],
  ] as const)("memory for %s", async (_, buffersBefore, message) => {
    const { backend, devices, at, whole } = await opened();
    const refuse = (left: number): void =>
      at("buffer", (device) => (left > 0 ? refuse(left - 1) : device.report("out-of-memory", "full")));
    refuse(buffersBefore);
    await expect(whole()).rejects.toMatchObject({ ...memory, message });
    expect(devices[0]?.uncaptured).toEqual([]);
    await backend.dispose();
    expect([backend.counters.bytes, backend.counters.tensorBytes]).toEqual([0, 0]);
  });
});
