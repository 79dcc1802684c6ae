// The self-test: its numbers are the reference's, it passes here, and it notices a GPU that computes wrong.
import { firstAvailable } from "@glimpsejs/backend";
import { reference } from "@glimpsejs/backend-reference";
import { describe, expect, test, vi } from "vitest";
import { noGpu } from "../../../tooling/gpu/swiftshader.mjs";
import type { GpuDevice } from "./gpu.ts";
import { webgpu } from "./index.ts";
import { quantizedTest, selfTest, selfTestFeeds, selfTestGraph, selfTestRows, selfTestWeights } from "./self-test.ts";
import { expected } from "./self-test-golden.ts";

vi.setConfig({ testTimeout: 120_000 });

test("the golden numbers are those of the reference backend", async () => {
  const backend = await reference().open();
  const program = await backend.compile({ graph: selfTestGraph() }, selfTestWeights("float16"));
  for (const [i, n] of selfTestRows.entries()) {
    const { y, ids } = await program.run("graph", selfTestFeeds(n), ["y", "ids"]);
    const data = Array.from((await y.read()).data, Number);
    const got = { y: [...data.slice(0, 8), ...data.slice(-8)], ids: Array.from((await ids.read()).data, Number) };
    const golden = expected[i];
    expect(got.ids).toEqual(golden?.ids);
    for (const [j, value] of got.y.entries()) expect(golden?.y[j]).toBeCloseTo(value, 5);
    // A rounding error must not decide which token it is.
    expect(new Set(got.ids).size).toBeGreaterThan(n === 1 ? 0 : 2);
  }
  await backend.dispose();
});

test.each(["int8", "int4"] as const)("products with %s weights are those of the reference backend", async (dtype) => {
  const { graph, weights, x, y } = quantizedTest(dtype);
  const backend = await reference().open();
  const program = await backend.compile({ graph }, weights);
  for (const n of selfTestRows) {
    const outputs = await program.run("graph", { x: x(n) }, ["y"]);
    const golden = y(n);
    for (const [i, value] of [...(await outputs.y.read()).data].entries())
      expect(golden[i]).toBeCloseTo(Number(value), 5);
    // Numbers that tell columns and rows apart.
    const first = golden.subarray(0, golden.length / n);
    expect(new Set(first).size).toBeGreaterThan(first.length / 2);
    if (n > 1) expect(golden.subarray(first.length, 2 * first.length)).not.toEqual(first);
  }
  await backend.dispose();
});

test("F37: any backend can be tested: one that is right passes, one that is wrong is named", async () => {
  const backend = await reference().open();
  expect(await selfTest(backend)).toEqual({ half: true, reason: undefined });
  const float32Only = { ...backend, dtypes: new Set(["float32"] as const), compile: backend.compile.bind(backend) };
  expect(await selfTest({ ...float32Only, name: "x" })).toEqual({ half: false, reason: undefined });
  const zeros: typeof backend = {
    ...float32Only,
    name: "wrong",
    compile: (graphs, weights, signal) => {
      const get = (name: string) => {
        const weight = weights.get(name);
        return weight && { ...weight, bytes: async () => new Uint8Array(weight.byteLength) };
      };
      return backend.compile(graphs, { names: weights.names, get }, signal);
    },
  };
  await expect(selfTest(zeros)).rejects.toMatchObject({
    code: "backend-unavailable",
    message: expect.stringMatching(
      /^self-test of backend "wrong" with float32 weights: a result of 1 rows is wrong, expected an error of/,
    ),
  });
  await backend.dispose();
});

describe.skipIf(noGpu !== undefined)(`on a GPU${noGpu === undefined ? "" : ` (skipped: ${noGpu})`}`, () => {
  test("passes, with float16 weights too, and leaves nothing behind", async () => {
    const backend = await webgpu({ selfTest: false }).open();
    const before = backend.counters.tensorBytes;
    expect(await selfTest(backend)).toEqual({ half: true, reason: undefined });
    expect(backend.counters.tensorBytes).toBe(before);
    await backend.dispose();
    expect(backend.counters.bytes).toBe(0);
  });

  /** A device that compiles other kernels than it is given. */
  function wrong(device: GpuDevice, change: (code: string) => string): GpuDevice {
    return new Proxy(device, {
      get(target, name) {
        if (name === "createShaderModule") {
          return (descriptor: { code: string }) => target.createShaderModule({ code: change(descriptor.code) });
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  test("F37: a GPU that computes wrong is refused with the reason, and the next backend is taken", async () => {
    const opener = await webgpu({ selfTest: false }).open();
    const broken = webgpu({ device: wrong(opener.device, (code) => code.replace("value += bias", "value -= bias")) });
    await expect(broken.open()).rejects.toMatchObject({ code: "backend-unavailable" });
    await expect(broken.open()).rejects.toThrow(
      'self-test of backend "webgpu" with float32 weights: a result of 1 rows is wrong',
    );
    const backend = await firstAvailable(broken, reference()).open();
    expect(backend.name).toBe("reference");
    await Promise.all([backend.dispose(), opener.dispose()]);
  });

  test.each([
    ["int8", "<< vec4u(24u, 16u, 8u, 0u)", "<< vec4u(24u, 16u, 8u, 8u)"],
    ["int8", "value *= scales[", "value += scales["],
    ["int4", "(vec4f(nibbles) - 8.0)", "(vec4f(nibbles) - 7.0)"],
    ["int4", "at / (p.block / 4u)", "at / (p.block / 2u)"],
  ])("F37: one that is wrong with %s weights only is refused, too: %s", async (dtype, right, bad) => {
    const opener = await webgpu({ selfTest: false }).open();
    let changed = 0;
    const device = wrong(opener.device, (code) => {
      if (code.includes(right)) changed++;
      return code.replace(right, bad);
    });
    const error = await webgpu({ device })
      .open()
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "backend-unavailable" });
    expect(String(error)).toContain(`with ${dtype} weights: a result of 1 rows is wrong`);
    expect(changed).toBeGreaterThan(0);
    await opener.dispose();
  });

  test("a device that replaces a lost one is tested, before anything runs on it", async () => {
    const { create, globals } = await import("webgpu");
    Object.assign(globalThis, globals);
    const gpu = create([]);
    let [opened, isWrong] = [0, false];
    const watched = {
      async requestAdapter(options?: object) {
        const adapter = await gpu.requestAdapter(options);
        if (adapter === null) return null;
        return new Proxy(adapter, {
          get(target, name) {
            if (name === "requestDevice") {
              return async (descriptor: GPUDeviceDescriptor) => {
                opened++;
                const device = (await target.requestDevice(descriptor)) as unknown as GpuDevice;
                return isWrong ? wrong(device, (code) => code.replace("value += bias", "value -= bias")) : device;
              };
            }
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === "function" ? value.bind(target) : value;
          },
        });
      },
    };
    const backend = await webgpu({ gpu: watched as never }).open();
    const program = await backend.compile({ graph: selfTestGraph() }, selfTestWeights("float16"));
    const run = () => program.run("graph", selfTestFeeds(1), ["ids"]);
    const lose = async () => {
      const { device } = backend;
      device.destroy();
      await device.lost;
    };
    await lose();
    const { ids } = await run();
    expect(Array.from((await ids.read()).data, Number)).toEqual(expected[0]?.ids);
    expect(opened).toBe(2);
    isWrong = true;
    await lose();
    await expect(run()).rejects.toMatchObject({
      code: "backend-unavailable",
      message: expect.stringContaining("with float32 weights: a result of 1 rows is wrong"),
    });
    // The next call looks again.
    isWrong = false;
    const again = await run();
    expect(Array.from((await again.ids.read()).data, Number)).toEqual(expected[0]?.ids);
    await backend.dispose();
    expect(backend.counters.bytes).toBe(0);
  });

  test("F37: one that is wrong with float16 weights only gets float32 ones, and says so", async () => {
    const opener = await webgpu({ selfTest: false }).open();
    const device = wrong(opener.device, (code) => code.replaceAll("unpack2x16float(pair.y)", "vec2f(0.0)"));
    const told: string[] = [];
    const backend = await webgpu({ device, warn: (message) => told.push(message) }).open();
    expect(backend.half).toBe(false);
    expect(told.join()).toContain('self-test of backend "webgpu" with float16 weights: a result of 1 rows is wrong');
    await Promise.all([backend.dispose(), opener.dispose()]);
  });
});
