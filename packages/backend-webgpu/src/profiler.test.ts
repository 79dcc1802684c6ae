// Times of single dispatches, on the software adapter, which has timestamps.
import { buildGraph, float32 } from "@glimpsejs/graph";
import { expect, test, vi } from "vitest";
import { noGpu } from "../../../tooling/gpu/swiftshader.mjs";
import { webgpu } from "./index.ts";

vi.setConfig({ testTimeout: 120_000 });

test.skipIf(noGpu !== undefined)("every dispatch of every run has a time, its operations and its bytes", async () => {
  const backend = await webgpu({ profile: true, selfTest: false }).open();
  const graph = buildGraph("sum", (b) => {
    const x = b.input("x", "float32", ["n", 64]);
    b.output("y", b.op("activation", { x: b.op("add", { a: x, b: x }, {}) }, { function: "relu" }));
  });
  const program = await backend.compile({ graph }, { names: [], get: () => undefined });
  const x = float32(new Float32Array(64 * 1000).fill(1), [1000, 64]);
  const { y } = await program.run("graph", { x }, ["y"]);
  expect((await y.read()).data[0]).toBe(2);
  const times = (await backend.profiler?.take()) ?? [];
  expect(times.map(({ graph: name, op, flops }) => [name, op, flops])).toEqual([
    ["sum", "add", 64_000],
    ["sum", "activation", 64_000],
  ]);
  for (const { nanoseconds, bytes } of times) {
    expect(nanoseconds).toBeGreaterThan(0);
    expect(bytes).toBeGreaterThanOrEqual(2 * 4 * 64_000);
  }
  expect(await backend.profiler?.take()).toEqual([]);
  y.dispose();
  await backend.dispose();
  expect(backend.counters.bytes).toBe(0);
});
