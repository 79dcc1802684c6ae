import { describe, expect, test } from "vitest";
import { rejection } from "../../test/hub-support.ts";
import { fileWith } from "../../test/support.ts";
import { bytesSource } from "../byte-source.ts";
import { type CheckpointFiles, checkpointFiles, missingFile, openWeights } from "./files.ts";

const good = fileWith({});
const index = (shard: string) => JSON.stringify({ metadata: {}, weight_map: { w: shard } });

interface Memory {
  readonly files: CheckpointFiles;
  /** Names of the sources that are open. */
  readonly open: Set<string>;
}

function memory(contents: Readonly<Record<string, Uint8Array | string>>, at?: CheckpointFiles): Memory {
  const open = new Set<string>();
  const files = checkpointFiles({
    name: "test",
    list: async () => Object.keys(contents),
    async source(file) {
      const content = contents[file];
      if (content === undefined) return undefined;
      open.add(file);
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      return { ...bytesSource(`test/${file}`, bytes), dispose: async () => void open.delete(file) };
    },
    missingAdvice: () => "Ask somebody.",
    ...(at && { at: async (revision) => (revision === "refs/pr/1" ? at : undefined) }),
    dispose: async () => void open.add("disposed"),
  });
  return { files, open };
}

describe("checkpointFiles", () => {
  test("reads JSON and small files, and closes them", async () => {
    const { files, open } = memory({ "a.json": '{"x":1}', "b.txt": "hello", "bad.json": '{"x":1,"x":2}' });
    expect(await files.json("a.json")).toEqual({ x: 1 });
    expect(await files.bytes("b.txt", 5)).toEqual(new TextEncoder().encode("hello"));
    expect(await files.json("c.json")).toBeUndefined();
    expect(await files.bytes("c.txt", 5)).toBeUndefined();
    expect(await rejection(files.json("bad.json"))).toMatchObject({ code: "invalid-json" });
    expect(String(await rejection(files.bytes("b.txt", 4)))).toContain(
      "test/b.txt: it is too large, expected at most 4",
    );
    expect([...open]).toEqual([]);
  });

  test("E31: refuses every name that is not a plain file name", async () => {
    const { files } = memory({});
    for (const name of ["../x", "/x", "a\\b", "a\0", "nul", ""]) {
      expect(await rejection(files.json(name)), name).toMatchObject({ code: "invalid-argument" });
      expect(await rejection(files.source(name)), name).toMatchObject({ code: "invalid-argument" });
    }
  });
});

describe("openWeights", () => {
  test.each([
    [["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"], "model.safetensors"],
    [["model.safetensors.index.json", "shard.safetensors", "pytorch_model.bin"], "shard.safetensors"],
  ])("of %j takes %s", async (names, taken) => {
    const contents = names.map((name) => [name, name.endsWith(".json") ? index("shard.safetensors") : good] as const);
    const { files, open } = memory(Object.fromEntries(contents));
    const weights = await openWeights(files);
    expect([...open]).toEqual([taken]);
    expect(weights.names).toEqual(["w"]);
    await weights.dispose?.();
    expect([...open]).toEqual([]);
  });

  test("takes pytorch_model.bin before the conversion in refs/pr/1", async () => {
    const conversion = memory({ "model.safetensors": good });
    const { files } = memory({ "pytorch_model.bin": good }, conversion.files);
    expect(String(await rejection(openWeights(files)))).toContain("test/pytorch_model.bin: it is not a PyTorch zip");
    expect([...conversion.open]).toEqual([]);
  });

  test("falls back to the safetensors of refs/pr/1, which outlive the files they came from", async () => {
    const conversion = memory({ "model.safetensors": good });
    const { files } = memory({ "config.json": "{}" }, conversion.files);
    const weights = await openWeights(files);
    expect([...conversion.open]).toEqual(["model.safetensors", "disposed"]);
    expect(await weights.get("w")?.bytes()).toEqual(Uint8Array.of(0, 1, 2, 3));
  });

  test("says what was looked for, what is there and what to do", async () => {
    const { files } = memory({ "config.json": "{}", "tf_model.h5": "x" });
    const error = await rejection(openWeights(files));
    expect(error.code).toBe("missing-file");
    expect(error.message).toBe(
      "test: none of the files looked for is there, expected model.safetensors or model.safetensors.index.json or " +
        'pytorch_model.bin or pytorch_model.bin.index.json, got only "config.json", "tf_model.h5". Ask somebody.',
    );
  });

  test("A13: a missing shard is named", async () => {
    const { files, open } = memory({ "model.safetensors.index.json": index("shard.safetensors") });
    expect(String(await rejection(openWeights(files)))).toContain("expected shard.safetensors");
    expect([...open]).toEqual([]);
  });

  test("shows at most twelve of many files", async () => {
    const { files } = memory(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, ""])));
    expect((await missingFile(files, ["x"])).message).toContain('"f11" and 8 more');
  });
});
