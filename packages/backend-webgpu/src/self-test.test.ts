// The self-test: its numbers are the reference's, it passes here, and it notices a GPU that computes wrong.
import { firstAvailable } from "@glimpsejs/backend";
import { reference } from "@glimpsejs/backend-reference";
import { describe, expect, test, vi } from "vitest";
import { noGpu } from "../../../tooling/gpu/swiftshader.mjs";
import type { GpuDevice } from "./gpu.ts";
import { webgpu } from "./index.ts";
import { selfTest, selfTestFeeds, selfTestGraph, selfTestRows, selfTestWeights } from "./self-test.ts";
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
