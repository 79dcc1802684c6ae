// The contract: order of runs, consumed feeds, chosen outputs, what is disposed when, and how errors read.
import type { Backend, Feeds } from "@glimpsejs/backend";
import { GlimpseError } from "@glimpsejs/base";
import { buildGraph, float32, type Graph, int32, type WeightSource } from "@glimpsejs/graph";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ortNode } from "./ort-node.ts";

const noWeights: WeightSource = { names: [], get: () => undefined };

// Appends x to a growing list and doubles x; an id beyond the table makes ONNX Runtime itself fail.
const grow: Graph = buildGraph("grow", (b) => {
  const past = b.input("past", "float32", ["n"]);
  const x = b.input("x", "float32", [1]);
  b.output("present", b.op("concat", { parts: [past, x] }, { axis: 0 }));
  b.output("double", b.op("add", { a: x, b: x }, {}));
  b.carry("past", "present");
});
const pick: Graph = buildGraph("pick", (b) => {
  const table = b.input("table", "float32", [2, 1]);
  b.output("row", b.at("words").op("embedding", { table, ids: b.input("ids", "int32", ["t"]) }, {}));
});

let backend: Backend;
beforeEach(async () => {
  backend = await ortNode({ threads: 1 }).open();
});
afterEach(() => backend.dispose());

const both = ["present", "double"] as const;
const x = float32([1], [1]);
const empty = float32([], [0]);

describe("run", () => {
  it("keeps call order and takes host values as they are at the call", async () => {
    const program = await backend.compile({ grow }, noWeights);
    const changing = float32([1], [1]);
    const first = program.run("grow", { past: empty, x: changing }, both);
    changing.data[0] = 2;
    const second = first.then(({ present }) => program.run("grow", { past: present, x: changing }, both));
    const order: string[] = [];
    await Promise.all([
      program.run("grow", { past: empty, x }).then(() => order.push("a")),
      program.run("grow", { past: empty, x }).then(() => order.push("b")),
    ]);
    expect((await (await second).present.read()).data).toEqual(Float32Array.of(1, 2));
    expect(order).toEqual(["a", "b"]);
  });

  it("consumes carried feeds, leaves the others, and reads copies", async () => {
    const program = await backend.compile({ grow }, noWeights);
    const [past, value] = [backend.upload(empty), backend.upload(x)];
    const { present } = await program.run("grow", { past, x: value }, both);
    await expect(past.read()).rejects.toMatchObject({ code: "disposed" });
    const copy = await value.read();
    copy.data[0] = 9;
    expect((await value.read()).data).toEqual(Float32Array.of(1));
    expect((await present.read()).shape).toEqual([1]);
  });

  it("goes on with its state and its weights where a session that runs often is opened anew", async () => {
    const scale = buildGraph("scale", (b) => {
      const past = b.input("past", "float32", ["n", 1]);
      const added = b.input("x", "float32", [1, 1]);
      const y = b.op("linear", { x: added, weight: b.weight("w", [1, 1]) }, {});
      b.output("present", b.op("concat", { parts: [past, y] }, { axis: 0 }));
      b.carry("past", "present");
    });
    const bytes = async () => new Uint8Array(Float32Array.of(3).buffer);
    const weights: WeightSource = {
      names: ["w"],
      get: (name) => (name === "w" ? { dtype: "float32", shape: [1, 1], byteLength: 4, bytes } : undefined),
    };
    const program = await backend.compile({ scale }, weights);
    let past: Feeds[string] = float32([], [0, 1]);
    for (let i = 0; i < 70; i++) past = (await program.run("scale", { past, x: float32([i], [1, 1]) })).present ?? past;
    const { data } = "read" in past ? await past.read() : past;
    expect([...data]).toEqual(Array.from({ length: 70 }, (_, i) => 3 * i));
  });

  it("returns the outputs that are asked for", async () => {
    const program = await backend.compile({ grow }, noWeights);
    expect(Object.keys(await program.run("grow", { past: empty, x }))).toEqual(["present", "double"]);
    const only = await program.run("grow", { past: empty, x }, ["double", "double"]);
    expect(Object.keys(only)).toEqual(["double"]);
    expect((await only.double.read()).data).toEqual(Float32Array.of(2));
    await expect(program.run("grow", { past: empty, x }, ["doubel"])).rejects.toMatchObject({
      code: "invalid-argument",
      message: 'output "doubel": there is no such name, expected present, double.',
    });
  });

  it("lists every wrong feed before anything runs", async () => {
    const program = await backend.compile({ grow }, noWeights);
    const error = await program.run("grow", { x: int32([1], [1]), y: x }).catch((e: unknown) => e);
    expect(GlimpseError.isInstance(error, "invalid-argument") && error.problems.map((p) => p.subject)).toEqual([
      'feed "y"',
      'feed "past"',
      'feed "x"',
    ]);
    const short = { dtype: "float32", shape: [1], data: new Float32Array(3) } as const;
    await expect(program.run("grow", { past: empty, x: short })).rejects.toThrow('feed "x": the data does not fill');
  });

  it("names the graph and the node when ONNX Runtime fails, and works on", async () => {
    const program = await backend.compile({ pick }, noWeights);
    const table = float32([5, 6], [2, 1]);
    await expect(program.run("pick", { table, ids: int32([7], [1]) })).rejects.toMatchObject({
      code: "backend",
      message: expect.stringMatching(/^graph "pick": ONNX Runtime cannot run it.*words\/Gather/s),
      cause: expect.any(Error),
    });
    const { row } = await program.run("pick", { table, ids: int32([1], [1]) }, ["row"]);
    expect((await row.read()).data).toEqual(Float32Array.of(6));
  });
});

describe("compile", () => {
  it("lists missing weights and weights of other dtypes", async () => {
    const graph = buildGraph("g", (b) => {
      const a = b.op("add", { a: b.weight("a", [1]), b: b.weight("b", [1]) }, {});
      b.output("y", b.op("add", { a, b: b.input("x", "float32", [1]) }, {}));
    });
    await expect(backend.compile({ graph }, noWeights)).rejects.toMatchObject({
      code: "invalid-weights",
      problems: [{ subject: 'weight "a"' }, { subject: 'weight "b"' }],
    });
    const integers: WeightSource = {
      names: ["a", "b"],
      get: () => ({ dtype: "int8", shape: [1], byteLength: 1, bytes: async () => new Uint8Array(1) }),
    };
    await expect(backend.compile({ graph }, integers)).rejects.toMatchObject({
      code: "invalid-weights",
      problems: [
        { subject: 'weight "a"', got: "int8" },
        { subject: 'weight "b"', got: "int8" },
      ],
    });
  });

  it("refuses illegal graphs and aborted signals", async () => {
    const broken: Graph = { ...grow, outputs: { present: "%9" } };
    await expect(backend.compile({ broken }, noWeights)).rejects.toMatchObject({ code: "invalid-graph" });
    await expect(backend.compile({ grow }, noWeights, AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("dispose", () => {
  it("of a program waits for its runs, and refuses new ones", async () => {
    const program = await backend.compile({ grow }, noWeights);
    const run = program.run("grow", { past: empty, x }, both);
    await program.dispose();
    await program.dispose();
    expect((await (await run).double.read()).data).toEqual(Float32Array.of(2));
    await expect(program.run("grow", { past: empty, x })).rejects.toMatchObject({ code: "disposed" });
  });

  it("of a tensor makes every use of it an error", async () => {
    const program = await backend.compile({ grow }, noWeights);
    const tensor = backend.upload(x);
    tensor.dispose();
    tensor.dispose();
    await expect(tensor.read()).rejects.toMatchObject({ code: "disposed" });
    await expect(program.run("grow", { past: empty, x: tensor })).rejects.toMatchObject({ code: "disposed" });
  });

  it("of the backend ends its programs and tensors", async () => {
    const program = await backend.compile({ grow }, noWeights);
    const tensor = backend.upload(x);
    await backend.dispose();
    await backend.dispose();
    await expect(program.run("grow", { past: empty, x })).rejects.toMatchObject({ code: "disposed" });
    await expect(tensor.read()).rejects.toMatchObject({ code: "disposed" });
    await expect(backend.compile({ grow }, noWeights)).rejects.toMatchObject({ code: "disposed" });
    expect(() => backend.upload(x)).toThrow("it was disposed");
  });

  it("of one backend leaves another's tensors, which do not mix", async () => {
    const other = await ortNode().open();
    const program = await backend.compile({ grow }, noWeights);
    const foreign = other.upload(x);
    await expect(program.run("grow", { past: empty, x: foreign })).rejects.toMatchObject({
      code: "invalid-argument",
      message: 'feed "x": it belongs to another backend. Read it there and feed the host value.',
    });
    await backend.dispose();
    expect((await foreign.read()).data).toEqual(Float32Array.of(1));
    await other.dispose();
  });
});
