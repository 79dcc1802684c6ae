// Runs in pieces: how large they are, that they give what one run gives, and that rounded rows do not depend on others.
import type { Backend } from "@glimpsejs/backend";
import { buildGraph, float32, type HostTensor, quantize, type WeightSource } from "@glimpsejs/graph";
import ort from "onnxruntime-node";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { OrtValue } from "./device-tensor.ts";
import { ortNode } from "./ort-node.ts";

type Values = Readonly<Record<string, OrtValue>>;

/** Rows of x in each run of the runtime, and the copies that its JavaScript made of results written into given memory. */
let runs: number[] = [];
let copies: OrtValue[] = [];
let backend: Backend;
beforeEach(async () => {
  [runs, copies] = [[], []];
  const InferenceSession = {
    async create(...args: Parameters<typeof ort.InferenceSession.create>) {
      const session = await ort.InferenceSession.create(...args);
      const run = session.run.bind(session) as (feeds: Values, outputs: object) => Promise<Values>;
      return Object.assign(session, {
        async run(feeds: Values, outputs: object) {
          runs.push(feeds["x"]?.dims[0] ?? -1);
          const results = await run(feeds, outputs);
          if (!Array.isArray(outputs)) copies.push(...Object.values(results));
          return results;
        },
      });
    },
  };
  backend = await ortNode({ threads: 1, ort: { InferenceSession, Tensor: ort.Tensor } }).open();
});
afterEach(() => backend.dispose());

const k = 64;
const w = Float32Array.from({ length: k * k }, (_, i) => Math.sin(i * i));
const rounded = quantize(w, { bits: 8, block: k }, "w");
const bytes = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const stored = {
  w: { dtype: "float32", shape: [k, k], byteLength: w.byteLength, bytes: async () => bytes(w) },
  q: { dtype: "int8", shape: [k, k], byteLength: k * k, bytes: async () => bytes(rounded.data) },
  s: { dtype: "float32", shape: [k, 1], byteLength: 4 * k, bytes: async () => bytes(rounded.scales) },
} as const;
const weights: WeightSource = {
  names: Object.keys(stored),
  get: (name) => (Object.hasOwn(stored, name) ? stored[name as keyof typeof stored] : undefined),
};

const graphs = {
  exact: buildGraph("exact", (b) => {
    const x = b.input("x", "float32", ["batch", "rows", k]);
    const y = b.op("linear", { x, weight: b.weight("w", [k, k]) }, {});
    b.output("y", b.op("add", { a: y, b: b.input("everyRow", "float32", ["rows", k]) }, {}));
    b.output("flat", b.op("reshape", { x: y }, { shape: ["batch*rows", k] }));
  }),
  rounded: buildGraph("rounded", (b) => {
    const x = b.input("x", "float32", ["batch", "rows", k]);
    const inputs = { x, weight: b.weight("q", [k, k], "int8"), scales: b.weight("s", [k, 1]) };
    b.output("y", b.op("quantizedLinear", inputs, { bits: 8, block: k }));
  }),
};

/** Pictures of `rows` rows, each ten times as large as the one before. */
function pictures(batch: number, rows: number): HostTensor<"float32"> {
  const size = rows * k;
  const data = Float32Array.from({ length: batch * size }, (_, i) => Math.sin(i * 0.7) * 10 ** Math.floor(i / size));
  return float32(data, [batch, rows, k]);
}

const independent = { independent: "batch" };

it("takes as many rows at a time as are small, the last piece being what is left", async () => {
  const program = await backend.compile(graphs, weights);
  const x = pictures(9, 2048); // half a megabyte each
  const everyRow = pictures(1, 2048);
  const feeds = { x, everyRow: float32(everyRow.data, [2048, k]) };
  const whole = await program.run("exact", feeds, ["y"] as const);
  const { y } = await program.run("exact", feeds, ["y"] as const, independent);
  expect(runs).toEqual([9, 4, 4, 1]);
  expect(y.shape).toEqual([9, 2048, k]);
  const [a, b] = [(await y.read()).data, (await whole.y.read()).data];
  expect(Buffer.compare(bytes(a), bytes(b))).toBe(0);
  expect(copies.map(({ data }) => (data as Float32Array).byteLength)).toEqual([0, 0, 0, 0]); // the whole's and the pieces'
});

it("runs as it is what is small, and outputs that do not begin with the dimension", async () => {
  const program = await backend.compile(graphs, weights);
  const feeds = (rows: number) => ({ x: pictures(3, rows), everyRow: float32(new Float32Array(rows * k), [rows, k]) });
  await program.run("exact", feeds(4), ["y"] as const, independent);
  await program.run("exact", feeds(4096), ["flat"] as const, independent);
  expect(runs).toEqual([3, 3]);
});

it("rounds each row by itself: its numbers are those it has alone, whatever its neighbours are", async () => {
  const program = await backend.compile(graphs, weights);
  const x = pictures(3, 2);
  const { y } = await program.run("rounded", { x }, ["y"] as const, independent);
  const { data } = await y.read();
  for (let i = 0; i < 3; i++) {
    const one = float32(x.data.slice(i * 2 * k, (i + 1) * 2 * k), [1, 2, k]);
    const alone = await program.run("rounded", { x: one }, ["y"] as const);
    expect(data.slice(i * 2 * k, (i + 1) * 2 * k)).toEqual((await alone.y.read()).data);
  }
});

it("reads feeds that are freed while it waits, and names the graph when the runtime fails", async () => {
  const program = await backend.compile({ ...graphs, pick: pick() }, weights);
  const x = backend.upload(pictures(3, 2));
  const first = program.run("rounded", { x }, ["y"] as const, independent);
  const second = program.run("rounded", { x }, ["y"] as const, independent);
  x.dispose();
  expect((await (await second).y.read()).data).toEqual((await (await first).y.read()).data);
  const ids = { dtype: "int32", shape: [2, 1], data: Int32Array.of(0, 70) } as const;
  const x2 = pictures(2, 4096);
  await expect(program.run("pick", { ids, x: x2 }, ["row"] as const, independent)).rejects.toMatchObject({
    code: "backend",
    message: expect.stringContaining('graph "pick"'),
  });
});

/** Fails for ids beyond its table. */
function pick() {
  return buildGraph("pick", (b) => {
    const table = b.weight("w", [k, k]);
    b.input("x", "float32", ["batch", "rows", k]);
    const ids = b.input("ids", "int32", ["batch", "t"]);
    b.output("row", b.op("embedding", { table: b.op("reshape", { x: table }, { shape: [k, k] }), ids }, {}));
  });
}
