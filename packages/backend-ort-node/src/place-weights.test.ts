// Weights from where they may lie: in the checkpoint's own file, in several folders, at odd offsets, in memory. And from
// files that change between opening the checkpoint and loading a graph.
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GlimpseError } from "@glimpsejs/base";
import { buildGraph, float32, type LocalFile, type Weight, type WeightSource } from "@glimpsejs/graph";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { ortNode } from "./ort-node.ts";
import { placeWeights } from "./place-weights.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "ort-node-test-")));
const temporary = join(folder, "tmp");
const savedTmpdir = process.env["TMPDIR"];
beforeEach(() => {
  mkdirSync(temporary, { recursive: true });
  process.env["TMPDIR"] = temporary; // what os.tmpdir() answers
});
afterAll(() => {
  if (savedTmpdir === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = savedTmpdir;
  rmSync(folder, { recursive: true });
});

const bytesOf = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

function inMemory(dtype: Weight["dtype"], shape: readonly number[], data: ArrayBufferView): Weight {
  return { dtype, shape, byteLength: data.byteLength, bytes: async () => bytesOf(data) };
}

function inFile(name: string, offset: number, shape: readonly number[], data: Float32Array): Weight {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, Buffer.concat([Buffer.alloc(offset), bytesOf(data)]));
  return { ...inMemory("float32", shape, data), location: { file: { path, isInPlace: async () => true }, offset } };
}

function source(weights: Record<string, Weight>): WeightSource {
  return { names: Object.keys(weights), get: (name) => weights[name] };
}

/** The sum of weights "a" and "b", of shapes that broadcast, through ONNX Runtime: its first two numbers. */
async function sum(a: Weight, b: Weight): Promise<number[]> {
  const graph = buildGraph("sum", (g) => {
    const x = g.input("x", "float32", [1]);
    const first = g.op("add", { a: x, b: g.weight("a", a.shape) }, {});
    g.output("y", g.op("add", { a: first, b: g.weight("b", b.shape) }, {}));
  });
  const backend = await ortNode({ threads: 1 }).open();
  const program = await backend.compile({ graph }, source({ a, b }));
  const { y } = await program.run("graph", { x: float32([0], [1]) }, ["y"]);
  expect(readdirSync(temporary)).toEqual([]); // nothing is left once the graph is loaded
  const { data } = await y.read();
  await backend.dispose();
  return Array.from(data.slice(0, 2), Number);
}

describe("weights", () => {
  it("are read from files in several folders, also with spaces and other scripts in their names", async () => {
    const a = inFile("one/model 1.safetensors", 48, [2], Float32Array.of(1, 2));
    const b = inFile("two/重み é.safetensors", 8, [2], Float32Array.of(10, 20));
    expect(await sum(a, b)).toEqual([11, 22]);
  });

  it("are mapped in place: the bytes are not asked for", async () => {
    const a = inFile("mapped.safetensors", 64, [2], Float32Array.of(1, 2));
    const b = inFile("mapped2.safetensors", 64, [2], Float32Array.of(3, 4));
    const refuse = async () => Promise.reject(new Error("read"));
    expect(await sum({ ...a, bytes: refuse }, { ...b, bytes: refuse })).toEqual([4, 6]);
  });

  it("are mapped as their transposes where there are such", async () => {
    const data = Float32Array.of(1, 2);
    const { location } = inFile("transposed.safetensors", 64, [2], data);
    const refuse = async () => Promise.reject(new Error("read"));
    const transposed = { ...inMemory("int8", [4, 2], data), ...(location && { location }), bytes: refuse };
    const w = { ...inMemory("int8", [2, 4], data), transposed, bytes: refuse };
    const placed = await placeWeights(["w"], source({ w }));
    const mapped = { path: "transposed.safetensors", offset: 64 };
    expect(placed.weightOf("w")).toEqual({ dtype: "int8", isTransposed: true, data: mapped });
  });

  it("are copied where their offset is not a multiple of their element size", async () => {
    const a = inFile("odd.safetensors", 7, [2], Float32Array.of(1, 2));
    expect(await sum(a, inMemory("float32", [2], Float32Array.of(0.5, 0.5)))).toEqual([1.5, 2.5]);
    const placed = await placeWeights(["a"], source({ a }));
    expect(placed.weightOf("a").data).toBeInstanceOf(Uint8Array);
  });

  it("go through a temporary file where they are large and in memory, each at an aligned place", async () => {
    const n = 300_001;
    const a = inMemory("float32", [n], new Float32Array(n).fill(1));
    const b = inMemory("float32", [n], new Float32Array(n).fill(2));
    expect(await sum(a, b)).toEqual([3, 3]);
    const placed = await placeWeights(["a", "b"], source({ a, b }));
    expect(readdirSync(temporary)).toHaveLength(1);
    expect(placed.weightOf("b").data).toMatchObject({ path: "weights.bin", offset: 1_200_064 });
    placed.release();
    expect(readdirSync(temporary)).toEqual([]);
    placed.release();
  });

  it("leave nothing behind when the process exits while a graph is being loaded", async () => {
    const before = process.listeners("exit");
    const a = inMemory("float32", [300_000], new Float32Array(300_000));
    await placeWeights(["a"], source({ a }));
    expect(readdirSync(temporary)).toHaveLength(1);
    for (const atExit of process.listeners("exit").filter((listener) => !before.includes(listener))) atExit(0);
    expect(readdirSync(temporary)).toEqual([]);
    expect(process.listeners("exit")).toEqual(before);
  });

  it("leave nothing behind when one of them cannot be read", async () => {
    const large = inMemory("float32", [300_000], new Float32Array(300_000));
    const broken = { ...large, bytes: async () => Promise.reject(new Error("connection lost")) };
    await expect(placeWeights(["a", "b"], source({ a: large, b: broken }))).rejects.toThrow("connection lost");
    expect(readdirSync(temporary)).toEqual([]);
  });

  it("are cast exactly from float16, bfloat16 and float64", async () => {
    const half = inMemory("float16", [2], Uint16Array.of(0x3c01, 0x0001)); // 1 + 2^-10, 2^-24
    const brain = inMemory("bfloat16", [2], Uint16Array.of(0x3f81, 0x0000)); // 1 + 2^-7
    expect(await sum(half, brain)).toEqual([2 + 2 ** -7 + 2 ** -10, 2 ** -24]);
    const double = inMemory("float64", [2], Float64Array.of(0.1, -3));
    expect(await sum(double, inMemory("float32", [2], Float32Array.of(0, 1)))).toEqual([Math.fround(0.1), -2]);
  });
});

describe("A12: files that change after the checkpoint was opened", () => {
  const changed = new GlimpseError(
    { subject: "model.safetensors", problem: "the file changed while it was open" },
    { code: "invalid-weights" },
  );
  const one = () => inMemory("float32", [2], Float32Array.of(1, 1));

  /** [10, 20] to who reads the source, other numbers at the path; `answers` are what isInPlace() tells, in turn. */
  function other(...answers: readonly (boolean | Error)[]): Weight {
    const replaced = inFile("replaced.safetensors", 64, [2], Float32Array.of(-1, -1));
    const path = replaced.location?.file.path ?? "";
    const left = [...answers];
    const file: LocalFile = {
      path,
      async isInPlace() {
        const answer = left.shift();
        if (typeof answer === "boolean") return answer;
        throw answer ?? new Error("asked too often");
      },
    };
    return { ...inMemory("float32", [2], Float32Array.of(10, 20)), location: { file, offset: 64 } };
  }

  function deleted(...answers: readonly (boolean | Error)[]): Weight {
    const weight = other(...answers);
    rmSync(weight.location?.file.path ?? "");
    return weight;
  }

  it("A12: one that another took the place of before the graph is loaded is read through its source", async () => {
    expect(await sum(other(false, false), one())).toEqual([11, 21]);
    expect(await sum(deleted(false, false), one())).toEqual([11, 21]);
  });

  it("A12: one that another took the place of while the graph was loaded is read again, through its source", async () => {
    expect(await sum(other(true, false, false, false), one())).toEqual([11, 21]);
    expect(await sum(deleted(true, false, false, false), one())).toEqual([11, 21]);
  });

  it("A12: one that was written to before or while the graph was loaded is refused", async () => {
    await expect(sum(other(changed), one())).rejects.toBe(changed);
    await expect(sum(other(true, changed), one())).rejects.toBe(changed);
    await expect(sum(deleted(true, changed), one())).rejects.toBe(changed);
    const large = inMemory("float32", [150_000, 2], new Float32Array(300_000));
    await expect(sum(large, other(true, changed))).rejects.toBe(changed);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it("A12: what ONNX Runtime cannot load though nothing changed is its own error", async () => {
    await expect(sum(deleted(true, true), one())).rejects.toMatchObject({
      code: "backend",
      message: expect.stringMatching(/^graph "sum": ONNX Runtime cannot load it/),
    });
  });
});
