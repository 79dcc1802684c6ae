// Sessions of onnxruntime-web at their edges: one that cannot be made, one that is in use, one that is gone.
import type { Program } from "@glimpsejs/backend";
import { buildGraph, float32, int32 } from "@glimpsejs/graph";
import * as ort from "onnxruntime-web/wasm";
import { afterEach, expect, test, vi } from "vitest";
import { wasmUrls } from "./assets.ts";
import { ortWeb } from "./index.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const open = () => ortWeb({ provider: "wasm", urls: wasmUrls, ort }).open();

/** x → x + x */
const twice = buildGraph("twice", (b) => {
  const x = b.input("x", "float32", ["n"]);
  b.output("y", b.op("add", { a: x, b: x }, {}));
});
const noWeights = { names: [], get: () => undefined };

async function double(program: Program<"twice">, value: number): Promise<unknown> {
  const { y } = await program.run("twice", { x: float32([value], [1]) }, ["y"]);
  return (await y.read()).data;
}

test("F36: a session that fails when its weights are already in memory gives it back, and the next one works", async () => {
  const backend = await open();
  const shape = [1024, 4096]; // 16 MiB
  const whole = new Uint8Array(4 * 1024 * 4096);
  new Float32Array(whole.buffer).fill(3);
  let isWhole = false;
  const sum = buildGraph("sum", (b) => {
    const ids = b.input("ids", "int32", ["t"]);
    const row = (name: string) => b.op("embedding", { table: b.weight(name, shape), ids }, {});
    b.output("y", b.op("add", { a: row("a"), b: row("b") }, {}));
  });
  const program = await backend.compile(
    { sum },
    {
      names: ["a", "b"],
      get: (name) => ({
        dtype: "float32",
        shape,
        byteLength: whole.length,
        // A file that was cut: of one table the second half is missing.
        bytes: async () => (name === "a" || isWhole ? whole : whole.subarray(0, whole.length / 2)),
      }),
    },
  );
  const { grow } = WebAssembly.Memory.prototype;
  let pages = 0;
  vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(function (this: WebAssembly.Memory, more) {
    pages += more;
    return grow.call(this, more);
  });
  const feeds = () => ({ ids: int32([1], [1]) });
  for (let tries = 0; tries < 8; tries++) {
    await expect(program.run("sum", feeds())).rejects.toMatchObject({
      code: "backend",
      message: expect.stringMatching(/^graph "sum": ONNX Runtime cannot load it \(.+\)/),
      cause: expect.any(Error),
    });
  }
  isWhole = true;
  const { y } = await program.run("sum", feeds(), ["y"]);
  expect((await y.read()).data[0]).toBe(6);
  // Memory grows in steps, but not by eight times the first table.
  expect(pages * 65_536).toBeLessThan(5 * whole.length);
  await backend.dispose();
});

test("F36: runs called at once on one session are queued: one at a time, each with its own result", async () => {
  const { InferenceSession } = ort;
  const create = vi.spyOn(InferenceSession, "create");
  const backend = await open();
  const program = await backend.compile({ twice }, noWeights);
  await double(program, 0);
  const session = await create.mock.results[0]?.value;
  if (session === undefined) expect.fail("no session was made");
  let [running, most] = [0, 0];
  const { run } = session;
  vi.spyOn(session, "run").mockImplementation((...call) => {
    most = Math.max(most, ++running);
    return run.apply(session, call).finally(() => running--);
  });
  const results = await Promise.all([1, 2, 3, 4, 5].map((value) => double(program, value)));
  expect(results).toEqual([2, 4, 6, 8, 10].map((value) => Float32Array.of(value)));
  expect(create).toHaveBeenCalledTimes(1);
  expect(session.run).toHaveBeenCalledTimes(5);
  expect(most).toBe(1);
  await backend.dispose();
});

test("F36: a released session is never run: what was called before ends, what comes after is refused by name", async () => {
  const backend = await open();
  const program = await backend.compile({ twice }, noWeights);
  const other = await backend.compile({ twice }, noWeights);
  await double(program, 1);
  const before = double(program, 2);
  const released = program.dispose();
  await expect(double(program, 3)).rejects.toMatchObject({ code: "disposed", message: /^program/ });
  expect(await before).toEqual(Float32Array.of(4));
  await released;
  await program.dispose();
  await expect(double(program, 3)).rejects.toMatchObject({ code: "disposed" });
  expect(await double(other, 4)).toEqual(Float32Array.of(8));
  await backend.dispose();
  await expect(double(other, 5)).rejects.toMatchObject({ code: "disposed" });
});
