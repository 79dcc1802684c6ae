// Keys and values that are written where they lie: the same numbers as the interpreter's, which joins them anew each time.
import type { Backend, DeviceTensor, Feeds, Program } from "@glimpsejs/backend";
import { reference } from "@glimpsejs/backend-reference";
import { type Builder, buildGraph, float32, type Graph, type HostTensor, type Value } from "@glimpsejs/graph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ortNode } from "./ort-node.ts";
import { stateInPlace } from "./state-in-place.ts";

const [heads, d] = [2, 4];

/** One layer: S rows of x on a trunk and all rows before them. */
function layer(
  more: (b: Builder, values: { mask: Value; keys: Value; probabilities: Value }) => void = () => {},
): Graph {
  return buildGraph("layer", (b) => {
    const x = b.input("x", "float32", ["batch", "rows", heads * d]);
    const trunk = b.input("trunk", "float32", ["batch", heads, "trunk", d]);
    const past = b.input("past", "float32", ["batch", heads, "past", d]);
    const mask = b.input("mask", "float32", ["batch", "rows", "past + rows"]);
    const keys = b.op("concat", { parts: [past, b.op("splitHeads", { x }, { heads })] }, { axis: 2 });
    const inputs = { query: x, keys: [trunk, keys], values: [trunk, keys], mask };
    const [y, probabilities] = b.ops("attention", inputs, { heads });
    if (y === undefined || probabilities === undefined) throw new TypeError("attention has two outputs");
    b.output("y", y);
    b.output("present", keys);
    b.carry("past", "present");
    more(b, { mask, keys, probabilities });
  });
}

let [ours, theirs]: Backend[] = [];
beforeAll(async () => {
  ours = await ortNode({ threads: 1 }).open();
  theirs = await reference().open();
});
afterAll(() => Promise.all([ours?.dispose(), theirs?.dispose()]));

async function compiled(backend: Backend | undefined, graph: Graph): Promise<Program<"layer">> {
  if (backend === undefined) throw new TypeError("no backend is open");
  return backend.compile({ layer: graph }, { names: [], get: () => undefined });
}

const noise = (shape: readonly number[], seed: number) =>
  float32(
    Float32Array.from({ length: shape.reduce((a, n) => a * n, 1) }, (_, i) => Math.sin(seed + 7.3 * i)),
    shape,
  );

/** 0 or blocked, of no pattern. */
const maskFor = (shape: readonly number[], seed: number) =>
  float32(
    noise(shape, seed).data.map((value) => (value > 0.2 ? -1e30 : 0)),
    shape,
  );

function close(a: HostTensor, b: HostTensor): void {
  expect(a.shape).toEqual(b.shape);
  expect(a.data.length).toBe(b.data.length);
  for (const [i, value] of Array.from(a.data, Number).entries()) expect(value).toBeCloseTo(Number(b.data[i]), 5);
}

/** Feeds of one step but its state. */
const stepFeeds = (batch: number, rows: number, used: number, seed: number): Feeds => ({
  x: noise([batch, rows, heads * d], seed),
  trunk: noise([batch, heads, 3, d], 1),
  mask: maskFor([batch, rows, used + rows], seed),
});

const empty = (batch: number) => float32([], [batch, heads, 0, d]);
const outputs = ["y", "present"] as const;

describe("state in place", () => {
  it("is found where the last keys are all that carries, and nowhere else", () => {
    expect(stateInPlace(layer())?.masks).toEqual(["mask"]);
    const others: Parameters<typeof layer>[0][] = [
      (b, { probabilities }) => b.output("probabilities", probabilities),
      (b, { mask }) => b.output("same", mask),
      (b, { keys }) => b.output("again", keys),
      (b, { keys }) => b.output("twice", b.op("add", { a: keys, b: keys }, {})),
      (b, { mask }) => b.output("mask2", b.op("add", { a: mask, b: mask }, {})),
    ];
    for (const more of others) expect(stateInPlace(layer(more))).toBeUndefined();
  });

  it.each([1, 3])("gives what joining gives, step by step, over several rooms (batch %i)", async (batch) => {
    const [a, b] = [await compiled(ours, layer()), await compiled(theirs, layer())];
    const states: Feeds[string][] = [empty(batch), empty(batch)];
    let used = 0;
    // Enough rows at once for one copy of many slots, then single ones until the room has grown twice.
    for (const [seed, rows] of [5, 0, 1, 40, 1, 2, ...Array.from({ length: 30 }, () => 1)].entries()) {
      const feeds = stepFeeds(batch, rows, used, seed);
      const [mine, other] = await Promise.all(
        [a, b].map((program, i) => program.run("layer", { ...feeds, past: states[i] ?? empty(batch) }, outputs)),
      );
      if (mine === undefined || other === undefined) throw new TypeError("two programs, two results");
      used += rows;
      close(await mine.y.read(), await other.y.read());
      if (seed % 5 === 0) close(await mine.present.read(), await other.present.read());
      expect(mine.present.shape).toEqual([batch, heads, used, d]);
      [states[0], states[1]] = [mine.present, other.present];
    }
  });

  it("is whole for whoever else is fed it, and consumed like any other", async () => {
    const program = await compiled(ours, layer());
    const run = (past: Feeds[string], rows: number, used: number) =>
      program.run("layer", { ...stepFeeds(1, rows, used, used), past }, outputs);
    const { present: first } = await run(empty(1), 2, 0);
    const { present: second } = await run(first, 1, 2);
    await expect(first.read()).rejects.toMatchObject({ code: "disposed" });
    const copy = await second.read();
    expect(copy.shape).toEqual([1, heads, 3, d]);

    const plain = await compiled(
      ours,
      layer((b, { probabilities }) => b.output("probabilities", probabilities)),
    );
    const all = await plain.run("layer", { ...stepFeeds(1, 1, 3, 9), past: second });
    close(await third(all.present), await third((await run(copy, 1, 3)).present));
    await expect(run(second, 1, 3)).rejects.toMatchObject({ code: "disposed" });
  });

  it("leaves outputs alone that are not asked for, and forgets state of a run that failed", async () => {
    const program = await compiled(ours, layer());
    const { present } = await program.run("layer", { ...stepFeeds(1, 1, 0, 0), past: empty(1) }, outputs);
    const only = await program.run("layer", { ...stepFeeds(1, 1, 1, 1), past: present }, ["y"]);
    expect(Object.keys(only)).toEqual(["y"]);
    const wrong = {
      ...stepFeeds(1, 1, 7, 1),
      past: (await program.run("layer", { ...stepFeeds(1, 1, 0, 0), past: empty(1) }, outputs)).present,
    };
    await expect(program.run("layer", wrong, outputs)).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(wrong.past.read()).rejects.toMatchObject({ code: "disposed" });
  });
});

/** The first three slots of every head. */
async function third(tensor: DeviceTensor | undefined): Promise<HostTensor> {
  const { shape, data } = (await tensor?.read()) ?? empty(1);
  const [batch = 0, , slots = 0] = shape;
  const rows = Array.from({ length: batch * heads }, (_, row) => [
    ...data.slice(row * slots * d, (row * slots + 3) * d),
  ]);
  return float32(rows.flat().map(Number), [batch, heads, 3, d]);
}
