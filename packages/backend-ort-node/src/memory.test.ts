// Memory goes when nothing needs it, and not before: what the runtime was fed and what it returned is watched here.
import type { Backend, Feeds } from "@glimpsejs/backend";
import { type Builder, buildGraph, float32, type Graph } from "@glimpsejs/graph";
import ort from "onnxruntime-node";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { OrtValue } from "./device-tensor.ts";
import { ortNode } from "./ort-node.ts";

type Values = Readonly<Record<string, OrtValue>>;
type Fetches = Readonly<Record<string, OrtValue | null>>;

/** Feeds and results of every run, in order, and what results were to be written into. */
let runs: { readonly feeds: Values; readonly fetches: Fetches; readonly results: Values }[] = [];
let backend: Backend;
beforeEach(async () => {
  runs = [];
  const InferenceSession = {
    async create(...args: Parameters<typeof ort.InferenceSession.create>) {
      const session = await ort.InferenceSession.create(...args);
      const run = session.run.bind(session) as (feeds: Values, fetches: Fetches) => Promise<Values>;
      return Object.assign(session, {
        async run(feeds: Values, fetches: Fetches) {
          const results = await run(feeds, fetches);
          runs.push({ feeds, fetches, results });
          return results;
        },
      });
    },
  };
  backend = await ortNode({ threads: 1, ort: { InferenceSession, Tensor: ort.Tensor } }).open();
});
afterEach(() => backend.dispose());

const none = { names: [], get: () => undefined };
const graphOf = (name: string, build: (b: Builder) => void): Graph => buildGraph(name, build);
const double = graphOf("double", (b) => {
  const x = b.input("x", "float32", ["n"]);
  b.output("y", b.op("add", { a: x, b: x }, {}));
});

/** Elements of what is worth being given back. */
const some = 1024;
const filled = (value: number) => float32(new Float32Array(some).fill(value), [some]);

/** Bytes that a value of the runtime still has. */
function bytes(values: Values | undefined, name: string): number {
  return bytesOf(values?.[name]);
}

function bytesOf(value: OrtValue | undefined): number {
  return ArrayBuffer.isView(value?.data) ? value.data.byteLength : Number.NaN;
}

it("gives back feeds that were copied once the run has read them, and results when they are disposed", async () => {
  const program = await backend.compile({ double }, none);
  const x = filled(1);
  const { y } = await program.run("double", { x }, ["y"] as const);
  expect(bytes(runs[0]?.feeds, "x")).toBe(0);
  expect(x).toEqual(filled(1));
  const read = await y.read();
  expect(bytes(runs[0]?.results, "y")).toBe(4 * some);
  y.dispose();
  await Promise.resolve();
  expect(bytes(runs[0]?.results, "y")).toBe(0);
  expect(read).toEqual(filled(2));
});

it("leaves to the garbage collector what is small", async () => {
  const program = await backend.compile({ double }, none);
  const { y } = await program.run("double", { x: float32([1, 2], [2]) }, ["y"] as const);
  y.dispose();
  await Promise.resolve();
  expect([bytes(runs[0]?.feeds, "x"), bytes(runs[0]?.results, "y")]).toEqual([8, 8]);
});

it("writes large results into memory that is used again once they are disposed, and not before", async () => {
  const program = await backend.compile({ double }, none);
  const n = 1 << 16; // a quarter of a megabyte
  const doubled = async (value: number, size = n) => {
    const x = float32(new Float32Array(size).fill(value), [size]);
    return (await program.run("double", { x }, ["y"] as const)).y;
  };
  const first = await doubled(1);
  const second = await doubled(2);
  first.dispose();
  const third = await doubled(3);
  const small = await doubled(4, n - 1);
  const into = runs.map(({ fetches }) => fetches["y"]?.data);
  expect(into[0]).toBeInstanceOf(Float32Array);
  expect(into[1]).not.toBe(into[0]);
  expect(into[2]).toBe(into[0]);
  expect(into[3]).toBeUndefined();
  expect(runs.slice(0, 3).map(({ results }) => bytes(results, "y"))).toEqual([0, 0, 0]); // copies
  for (const [y, value] of [second, third, small].map((y, i) => [y, 2 * (i + 2)] as const)) {
    expect((await y.read()).data.every((one) => one === value)).toBe(true);
  }
});

it("keeps for results to come what was freed last, and no more than a picture needs", async () => {
  const program = await backend.compile({ double }, none);
  const n = 1_500_000; // 6 MB, of which 10 are kept
  const x = float32(new Float32Array(n), [n]);
  const results = [await program.run("double", { x }), await program.run("double", { x })];
  for (const { y } of results) y?.dispose();
  await Promise.resolve();
  const { y } = await program.run("double", { x });
  const into = runs.map(({ fetches }) => fetches["y"] ?? undefined);
  expect(into.map(bytesOf)).toEqual([0, 4 * n, 4 * n]);
  expect(into[2]?.data).toBe(into[1]?.data);
  y?.dispose();
  const huge = float32(new Float32Array(2 * n), [2 * n]);
  (await program.run("double", { x: huge })).y?.dispose();
  await Promise.resolve();
  expect(bytesOf(runs[3]?.fetches["y"] ?? undefined)).toBe(0);
});

it("keeps what waiting runs read, whatever is disposed meanwhile", async () => {
  const program = await backend.compile({ double }, none);
  const x = backend.upload(filled(3));
  const first = program.run("double", { x }, ["y"] as const);
  const second = program.run("double", { x }, ["y"] as const);
  x.dispose();
  const { y } = await first;
  expect(await y.read()).toEqual(filled(6));
  expect(await (await second).y.read()).toEqual(filled(6));
  expect(bytes(runs[1]?.feeds, "x")).toBe(0);
});

it("gives back what a carried tensor held when it is replaced", async () => {
  const grow = graphOf("grow", (b) => {
    const past = b.input("past", "float32", ["n"]);
    b.output("present", b.op("concat", { parts: [past, b.input("x", "float32", [1])] }, { axis: 0 }));
    b.carry("past", "present");
  });
  const program = await backend.compile({ grow }, none);
  const past = backend.upload(filled(1));
  const { present } = await program.run("grow", { past, x: float32([2], [1]) }, ["present"] as const);
  expect(bytes(runs[0]?.feeds, "past")).toBe(0);
  expect((await present.read()).data).toEqual(Float32Array.of(...filled(1).data, 2));
});

it("leaves of state that is written in place nothing but the state", async () => {
  const [heads, d] = [1, some];
  const layer = graphOf("layer", (b) => {
    const x = b.input("x", "float32", [1, "rows", heads * d]);
    const past = b.input("past", "float32", [1, heads, "past", d]);
    const keys = b.op("concat", { parts: [past, b.op("splitHeads", { x }, { heads })] }, { axis: 2 });
    const mask = b.input("mask", "float32", [1, "rows", "past + rows"]);
    const [y] = b.ops("attention", { query: x, keys: [keys], values: [keys], mask }, { heads });
    if (y === undefined) throw new TypeError("attention has outputs");
    b.output("y", y);
    b.output("present", keys);
    b.carry("past", "present");
  });
  const program = await backend.compile({ layer }, none);
  let past: Feeds[string] = float32([], [1, heads, 0, d]);
  for (let used = 0; used < 40; used++) {
    const feeds: Feeds = {
      x: float32(new Float32Array(d).fill(used), [1, 1, d]),
      past,
      mask: float32(new Float32Array(used + 1), [1, 1, used + 1]),
    };
    past = (await program.run("layer", feeds, ["y", "present"] as const)).present;
  }
  // The first state is what the first run returned; the others were copied into rooms, of which one is left.
  const rooms = new Set(runs.map(({ feeds }) => feeds["past"]));
  expect([...rooms].filter((room) => bytesOf(room) > 0)).toHaveLength(1);
  expect(runs.reduce((sum, { results }) => sum + bytes(results, "present"), 0)).toBe(0);
  if (!("read" in past)) throw new TypeError("a run returns tensors");
  expect((await past.read()).data.filter((_, i) => i % d === 0)).toEqual(
    Float32Array.from({ length: 40 }, (_, i) => i),
  );
});
