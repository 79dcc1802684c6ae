import { readFile } from "node:fs/promises";
import { GlimpseError, parseJson } from "@glimpsejs/base";
import { describe, expect, test } from "vitest";
import { rawFile, typedError } from "../test/support.ts";
import { type ByteSource, bytesSource } from "./byte-source.ts";
import { writeSafetensors } from "./safetensors-writer.ts";
import { openSharded } from "./sharded.ts";
import { readTensor } from "./tensor.ts";

const one = (value: number) => ({ dtype: "float32", shape: [1], data: Float32Array.of(value) }) as const;
const [first, second] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

/** A folder in memory, which records what was opened and what was disposed. */
function folder(files: { readonly [name: string]: Uint8Array }) {
  const opened: string[] = [];
  const disposed: string[] = [];
  const open = async (name: string): Promise<ByteSource> => {
    opened.push(name);
    const bytes = files[name];
    if (bytes === undefined) {
      throw new GlimpseError({ subject: name, problem: "the file does not exist" }, { code: "missing-file" });
    }
    return { ...bytesSource(name, bytes), dispose: async () => void disposed.push(name) };
  };
  return { open, opened, disposed };
}

const shards = () =>
  folder({ [first]: writeSafetensors({ a: one(1), b: one(2) }), [second]: writeSafetensors({ c: one(3) }) });
const index = (map: object) => ({ metadata: { total_size: 12 }, weight_map: { ...map } as Record<string, string> });

describe("openSharded", () => {
  test("reads each tensor from its shard, and opens each shard once", async () => {
    const { open, opened, disposed } = shards();
    const source = await openSharded(index({ c: second, a: first, b: first }), open);
    expect(source.names).toEqual(["c", "a", "b"]);
    for (const [name, value] of Object.entries({ a: 1, b: 2, c: 3 })) {
      const weight = source.get(name);
      expect(weight && (await readTensor(weight)).data[0]).toBe(value);
    }
    expect(source.get("d")).toBeUndefined();
    expect(opened).toEqual([second, first]);
    await source.dispose?.();
    expect(disposed.toSorted()).toEqual([first, second]);
  });

  test("reads shards of PyTorch files", async () => {
    const bytes = await readFile(new URL("../test-data/module.bin", import.meta.url));
    const names = ["0.weight", "0.bias", "1.weight", "1.bias"];
    const map = Object.fromEntries(names.map((name) => [name, "pytorch_model-00001-of-00001.bin"]));
    const source = await openSharded(index(map), async (name) => bytesSource(name, bytes));
    expect(source.get("0.weight")?.shape).toEqual([2, 3]);
  });

  test("A10: tensors that an index and its shards disagree about are listed, all of them", async () => {
    const { open, disposed } = shards();
    const error = await typedError(
      openSharded(index({ a: first, gone: first, c: second, lost: second }), open, { name: "i.json" }),
    );
    expect(error.problems.map((p) => `${p.subject}: ${p.problem}`)).toEqual([
      `tensor "gone" of ${first}: it is missing, though i.json lists it there`,
      `tensor "lost" of ${second}: it is missing, though i.json lists it there`,
      `tensor "b" of ${first}: i.json does not list it there`,
    ]);
    expect(disposed.toSorted()).toEqual([first, second]);
  });

  test("A13: a missing shard", async () => {
    const { open, disposed } = shards();
    const missing = index({ a: first, b: first, c: "model-00003-of-00003.safetensors" });
    await expect(openSharded(missing, open)).rejects.toMatchObject({ code: "missing-file" });
    expect(disposed).toEqual([first]);
  });

  test("A13: an index that names itself or another index", async () => {
    const { open, opened } = shards();
    for (const name of ["model.safetensors.index.json", "pytorch_model.bin.index.json"]) {
      expect((await typedError(openSharded(index({ a: name }), open))).message).toContain("is not a plain file name");
    }
    expect(opened).toEqual([]);
  });

  test("A13: shard names that leave the folder, however they are written", async () => {
    const { open, opened } = shards();
    const names = [
      "../../etc/passwd",
      "../model.safetensors",
      "/etc/x.safetensors",
      "\\\\server\\share\\x.safetensors",
      "C:\\x.safetensors",
      "C:x.safetensors",
      "https://example.com/x.safetensors",
      "..%2fx.safetensors",
      "%2e%2e/x.safetensors",
      "x\0.safetensors",
      "x.safetensors\0",
      "x.safetensors\n",
      "..safetensors",
      ".safetensors",
      "a..safetensors",
      "sub/x.safetensors",
      "x.safetensors:stream",
      "CON",
      "",
      "x.py",
      "é.safetensors",
    ];
    const error = await typedError(openSharded(index({ ...names, ok: first }), open));
    expect(error.problems.map((problem) => problem.got)).toEqual(names.map((name) => JSON.stringify(name)));
    expect(opened).toEqual([]);
  });

  test("A13: a weight called __proto__ is data", async () => {
    const file = new TextEncoder().encode('{"__proto__":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}');
    const { open } = folder({ "x.safetensors": rawFile(file) });
    const json = parseJson('{"weight_map":{"__proto__":"x.safetensors"}}', "i.json");
    expect((await openSharded(json, open)).get("__proto__")?.shape).toEqual([0]);
  });

  test("A13: an index without a map, or with values that are not names, or with too many shards", async () => {
    const { open } = shards();
    for (const json of [null, [], "x", {}, { weight_map: null }, { weight_map: [] }, { weight_map: "x" }]) {
      expect((await typedError(openSharded(json, open))).message).toContain("it has no weight_map");
    }
    for (const file of [null, 1, {}, [first], true]) {
      const error = await typedError(openSharded({ weight_map: { a: file } }, open));
      expect(error.message).toContain('the shard of "a" is not a plain file name');
    }
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`t${i}`, `s${i}.safetensors`]));
    expect((await typedError(openSharded(index(many), open))).message).toContain("at most 1000, got 1001");
  });
});
