// carries: state that a run consumes and another run's output replaces, as the KV cache is. The graph is one
// self-attention over all rows of a stream so far.
import type { Backend, DeviceTensor, Program } from "@glimpsejs/backend";
import { buildGraph, float32, type Graph, type HostTensor } from "@glimpsejs/graph";
import { expectClose } from "../expect-close.ts";
import { expectError } from "../expect-error.ts";
import { weightSource } from "../problem.ts";
import { Random } from "../random.ts";
import type { ConformanceTest, Context } from "../suite.ts";
import { exact } from "../tolerances.ts";
import { never } from "./attention-problem.ts";

const [batch, heads, d] = [2, 2, 3];
const width = heads * d;
const length = 6; // rows of a whole stream

/** The tests of carried state. */
export const carryTests: readonly ConformanceTest[] = [
  { name: "step by step equals one full pass", run: (context) => chunksEqualOnePass(context, [1, 1, 1, 1, 1, 1]) },
  { name: "chunks of different sizes equal one full pass", run: (context) => chunksEqualOnePass(context, [2, 1, 3]) },
  { name: "a step of no rows leaves the state as it was", run: (context) => chunksEqualOnePass(context, [0, 3, 0, 3]) },
  { name: "two streams in turn do not disturb each other", run: twoStreams },
  { name: "a state that starts empty may be uploaded", run: uploadedStart },
  { name: "a fed state is consumed", run: consumed },
  { name: "a fed state is consumed even if the run rejects", run: consumedByRejectedRun },
  { name: "feeds that are not carried stay the caller's", run: othersStay },
];

/** x [batch, text, D] → context [batch, text, D], with the keys and values of all rows so far carried. */
function streamGraph(): Graph {
  return buildGraph("stream", (b) => {
    const x = b.input("x", "float32", ["batch", "text", width]);
    const mask = b.input("mask", "float32", ["batch", "text", "past + text"]);
    const present = (kind: string) => {
      const linear = b.op("linear", { x, weight: b.weight(kind, [width, width]) }, {});
      const past = b.input(`past.${kind}`, "float32", ["batch", heads, "past", d]);
      const value = b.op("concat", { parts: [past, b.op("splitHeads", { x: linear }, { heads })] }, { axis: 2 });
      b.output(`present.${kind}`, value);
      b.carry(`past.${kind}`, `present.${kind}`);
      return value;
    };
    const query = b.op("linear", { x, weight: b.weight("query", [width, width]) }, {});
    const inputs = { query, keys: [present("key")], values: [present("value")], mask };
    b.output("context", b.op("attention", inputs, { heads }));
  });
}

type StreamProgram = Program<"stream">;

function compileStream(backend: Backend): Promise<StreamProgram> {
  const random = new Random(11);
  const matrix = () => random.normal([width, width], 0.5);
  return backend.compile({ stream: streamGraph() }, weightSource({ query: matrix(), key: matrix(), value: matrix() }));
}

type State = Readonly<Record<"key" | "value", DeviceTensor | HostTensor>>;

const noRows = float32([], [batch, heads, 0, d]);
const start: State = { key: noRows, value: noRows };

/** Rows `from` to `to` of a stream: x, and the mask by which a row sees the rows up to itself. */
function rows(stream: HostTensor<"float32">, from: number, to: number) {
  const x = [0, 1].flatMap((b) => [...stream.data.subarray((b * length + from) * width, (b * length + to) * width)]);
  const allowed = Array.from({ length: to - from }, (_, i) =>
    Array.from({ length: to }, (_, slot) => (slot <= from + i ? 0 : never)),
  ).flat();
  return {
    x: float32(x, [batch, to - from, width]),
    mask: float32([...allowed, ...allowed], [batch, to - from, to]),
  };
}

async function step(program: StreamProgram, stream: HostTensor<"float32">, from: number, to: number, state: State) {
  const feeds = { ...rows(stream, from, to), "past.key": state.key, "past.value": state.value };
  const outputs = await program.run("stream", feeds, ["context", "present.key", "present.value"]);
  const context = await outputs.context.read();
  outputs.context.dispose();
  return { context, state: { key: outputs["present.key"], value: outputs["present.value"] } };
}

/** Rows `from` to `to` of the context of a whole stream. */
function part(context: HostTensor, from: number, to: number): HostTensor {
  const data = [0, 1].flatMap((b) => {
    return Array.from(context.data.slice((b * length + from) * width, (b * length + to) * width), Number);
  });
  return float32(data, [batch, to - from, width]);
}

async function chunksEqualOnePass({ backend, tolerances }: Context, chunks: readonly number[]): Promise<void> {
  const program = await compileStream(backend);
  const stream = new Random(12).normal([batch, length, width]);
  const whole = await step(program, stream, 0, length, start);
  let state: State = start;
  let from = 0;
  for (const chunk of chunks) {
    const next = await step(program, stream, from, from + chunk, state);
    const expected = part(whole.context, from, from + chunk);
    expectClose(next.context, expected, tolerances.float32, `rows ${from} to ${from + chunk}`);
    state = next.state;
    from += chunk;
  }
  await program.dispose();
}

async function twoStreams({ backend, tolerances }: Context): Promise<void> {
  const program = await compileStream(backend);
  const random = new Random(13);
  const streams = [random.normal([batch, length, width]), random.normal([batch, length, width])];
  const whole = await Promise.all(streams.map((stream) => step(program, stream, 0, length, start)));
  const states = new Map<HostTensor, State>();
  for (let from = 0; from < length; from++) {
    for (const [i, stream] of streams.entries()) {
      const next = await step(program, stream, from, from + 1, states.get(stream) ?? start);
      states.set(stream, next.state);
      const expected = part(whole[i]?.context ?? next.context, from, from + 1);
      expectClose(next.context, expected, tolerances.float32, `stream ${i}, row ${from}`);
    }
  }
  await program.dispose();
}

async function uploadedStart({ backend }: Context): Promise<void> {
  const program = await compileStream(backend);
  const stream = new Random(14).normal([batch, length, width]);
  const state = { key: backend.upload(noRows), value: backend.upload(noRows) };
  const fromHost = await step(program, stream, 0, 2, start);
  const fromDevice = await step(program, stream, 0, 2, state);
  expectClose(fromDevice.context, fromHost.context, exact);
  await program.dispose();
}

async function consumed({ backend }: Context): Promise<void> {
  const program = await compileStream(backend);
  const stream = new Random(15).normal([batch, length, width]);
  const first = await step(program, stream, 0, 2, start);
  await step(program, stream, 2, 3, first.state);
  await expectError(() => first.state.key.read(), ["disposed"]);
  await expectError(() => step(program, stream, 2, 3, first.state), ["disposed"]);
  await program.dispose();
}

async function consumedByRejectedRun({ backend }: Context): Promise<void> {
  const program = await compileStream(backend);
  const stream = new Random(16).normal([batch, length, width]);
  const { state } = await step(program, stream, 0, 2, start);
  const feeds = { ...rows(stream, 2, 3), x: float32([1], [1]), "past.key": state.key, "past.value": state.value };
  await expectError(() => program.run("stream", feeds), ["invalid-argument"], ["x"]);
  await expectError(() => state.key.read(), ["disposed"]);
  await expectError(() => state.value.read(), ["disposed"]);
  await program.dispose();
}

async function othersStay({ backend, tolerances }: Context): Promise<void> {
  const program = await compileStream(backend);
  const { x, mask } = rows(new Random(17).normal([batch, length, width]), 0, 3);
  const feeds = { x: backend.upload(x), mask: backend.upload(mask), "past.key": noRows, "past.value": noRows };
  const first = await (await program.run("stream", feeds, ["context"])).context.read();
  const second = await (await program.run("stream", feeds, ["context"])).context.read();
  expectClose(second, first, tolerances.float32);
  expectClose(await feeds.x.read(), x, exact);
  feeds.x.dispose();
  await expectError(() => feeds.x.read(), ["disposed"]);
  await program.dispose();
}
