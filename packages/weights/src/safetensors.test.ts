import { readFile } from "node:fs/promises";
import { afterEach, describe, expect, test } from "vitest";
import { fileWith, rawFile, refusal, withFile } from "../test/support.ts";
import { bytesSource } from "./byte-source.ts";
import { fileSource } from "./node/file-source.ts";
import { openSafetensors, readSafetensorsHeader } from "./safetensors.ts";
import { maxTensors, parseSafetensorsHeader } from "./safetensors-header.ts";
import { readTensor } from "./tensor.ts";

const good = fileWith({});
const refused = (bytes: Uint8Array) => refusal(openSafetensors, bytes);
const accepted = (bytes: Uint8Array) => openSafetensors(bytesSource("test.safetensors", bytes));
const text = (value: string) => new TextEncoder().encode(value);

describe("openSafetensors", () => {
  test("reads names, dtypes, shapes and data of a checkpoint that Python wrote", async () => {
    const url = new URL("../../../fixtures/reference/cases/forward-base/model.safetensors", import.meta.url);
    const source = await openSafetensors(bytesSource("model.safetensors", await readFile(url)));
    const head = source.get("output.bias");
    expect(head).toMatchObject({ dtype: "float32", byteLength: 4 * (head?.shape[0] ?? 0) });
    expect(source.names).toContain("git.embeddings.word_embeddings.weight");
    expect(head?.location).toBeUndefined();
    expect(source.get("nothing")).toBeUndefined();
    for (const name of source.names) {
      const weight = source.get(name);
      expect((await weight?.bytes())?.byteLength, name).toBe(weight?.byteLength);
    }
  });

  test("reads the header in one read, and each tensor in one", async () => {
    const reads: number[] = [];
    const memory = bytesSource("m", good);
    const source = await openSafetensors({
      ...memory,
      read(offset, length) {
        reads.push(length);
        return memory.read(offset, length);
      },
    });
    expect(reads).toEqual([good.length]);
    expect(await source.get("w")?.bytes()).toEqual(Uint8Array.of(0, 1, 2, 3));
    expect(reads).toEqual([good.length, 4]);
  });

  test("reads a header that is longer than the first read", async () => {
    const padded = rawFile(`{"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}${" ".repeat(400_000)}`, 2);
    expect(await (await accepted(padded)).get("w")?.bytes()).toEqual(Uint8Array.of(0, 1));
  });

  test("tells where in a local file a tensor is", async () => {
    await withFile(good, async (path) => {
      const source = await openSafetensors(await fileSource(path));
      const location = source.get("w")?.location;
      expect(location?.offset).toBe(good.length - 4);
      expect((await readFile(location?.file.path ?? "")).subarray(location?.offset)).toEqual(Buffer.of(0, 1, 2, 3));
      await source.dispose?.();
      await source.dispose?.();
      await expect(source.get("w")?.bytes()).rejects.toMatchObject({ code: "disposed" });
    });
  });

  test("refuses a source that hands over fewer bytes than were asked for", async () => {
    const short = { name: "short", size: good.length, read: async () => good.subarray(0, 20) };
    await expect(openSafetensors(short)).rejects.toThrow("wrong number of bytes");
  });

  test("lists every problem at once", async () => {
    const message = await refused(
      rawFile(
        '{"a":{"dtype":"X","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":7,"data_offsets":[4,8]},"c":[]}',
        8,
      ),
    );
    expect(message).toMatch(/^3 problems:/);
    for (const part of ['tensor "a"', 'tensor "b"', 'tensor "c"', "unknown dtype"]) expect(message).toContain(part);
  });
});

// Groups and numbers of research/performance.md, section 5.2. Every refusal is checked from memory and from a file.
describe("hostile safetensors", () => {
  afterEach(async () => {
    // The next file still opens.
    expect((await accepted(good)).names).toEqual(["w"]);
  });

  test("A1: files of 0 to 7 bytes", async () => {
    for (let length = 0; length < 8; length++) {
      expect(await refused(good.slice(0, length))).toMatch(/test\.safetensors: it is too short.*got \d bytes/);
    }
  });

  test("A1: header length 0, 1, beyond the file, 2^53 + 1, 2^63, 2^64 - 1", async () => {
    expect(await refused(rawFile("{}", 0, 0n))).toContain("its header is too short");
    expect(await refused(rawFile("{}", 0, 1n))).toContain("its header is too short");
    expect(await refused(rawFile("{}", 0, 3n))).toContain("it ends inside its header, expected 3 bytes");
    for (const length of [2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
      expect(await refused(rawFile("{}", 0, length))).toContain(`expected at most 100000000 bytes, got ${length}`);
    }
  });

  test("A2: a header of 100 MB + 1", async () => {
    expect(await refused(rawFile("{}", 0, 100_000_001n))).toContain("expected at most 100000000 bytes, got 100000001");
  });

  test("A2: 99 MB of nested arrays", () => {
    const bomb = new Uint8Array(99_000_000).fill(0x5b);
    bomb.set(text('{"w":'));
    bomb.set(text("}"), bomb.length - 1);
    expect(() => parseSafetensorsHeader(bomb, 0, "bomb")).toThrow(/header of bomb: the nesting is deeper than 4/);
  });

  test("A2: more tensors than any checkpoint has", () => {
    const entries = Array.from(
      { length: maxTensors + 1 },
      (_, i) => `"${i}":{"dtype":"U8","shape":[],"data_offsets":[${i},${i + 1}]}`,
    );
    const parse = (count: number) => parseSafetensorsHeader(text(`{${entries.slice(0, count)}}`), count, "many");
    expect(parse(maxTensors).tensors.size).toBe(maxTensors);
    expect(() => parse(maxTensors + 1)).toThrow("header of many: an array or object has more than 100000 members");
  });

  test("A2: a tensor name of 1 MB", async () => {
    const name = "n".repeat(1_000_000);
    const entry = (end: number) => `{"${name}":{"dtype":"F32","shape":[1],"data_offsets":[0,${end}]}}`;
    expect((await accepted(rawFile(entry(4), 4))).names).toEqual([name]);
    expect((await refused(rawFile(entry(5), 5))).length).toBeLessThan(400);
  });

  test("A3: bytes that are not UTF-8, a byte order mark, lone surrogates", async () => {
    expect(await refused(rawFile(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)))).toContain(
      "not valid UTF-8",
    );
    expect(await refused(rawFile(`\ufeff{}`))).toContain('its header is not JSON, expected a "{" at byte 8');
    expect(await refused(rawFile('{"\\ud800":1}'))).toContain("half of a surrogate pair");
  });

  test("A3: a header that does not begin with { or is not one object", async () => {
    for (const header of [" {}", "[]", "nul", '"{}"']) expect(await refused(rawFile(header))).toContain("not JSON");
    for (const header of ["{}{}", "{}x}", "{]}", "{"]) await refused(rawFile(header));
    expect(() => parseSafetensorsHeader(text(" {}"), 0, "f")).toThrow("it is not one JSON object");
    expect(() => parseSafetensorsHeader(text(""), 0, "f")).toThrow("got nothing … nothing");
  });

  test("A3: padding with other bytes than spaces", async () => {
    expect([...(await accepted(rawFile("{}     "))).names]).toEqual([]);
    for (const padding of ["\0", "\t", "\n", "\r", " \0", "\0 ", "x"]) {
      expect(await refused(rawFile(`{}${padding}`))).toContain("padded with spaces only");
    }
  });

  test("A4: duplicate tensor keys, however they are escaped", async () => {
    const entry = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';
    for (const twin of ["w", "\\u0077"]) {
      expect(await refused(rawFile(`{"w":${entry},"${twin}":${entry}}`, 4))).toContain('the key "w" stands twice');
    }
  });

  test("A4: duplicate dtype, shape, data_offsets, metadata keys", async () => {
    for (const field of ["dtype", "shape", "data_offsets"]) {
      const entry = `{"dtype":"F32","shape":[1],"data_offsets":[0,4],"${field}":0}`;
      expect(await refused(rawFile(`{"w":${entry}}`, 4))).toContain(`the key "${field}" stands twice`);
    }
    expect(await refused(rawFile('{"__metadata__":{"a":"1","a":"2"}}'))).toContain('the key "a" stands twice');
  });

  test("A5: names that are special in JavaScript, paths, or equal once normalized", async () => {
    const names = ["__proto__", "constructor", "toString", "", "../x", "é", "e\u0301", "\u2028", "a/b", "0"];
    const entries = names.map(
      (name, i) => `${JSON.stringify(name)}:{"dtype":"U8","shape":[1],"data_offsets":[${i},${i + 1}]}`,
    );
    const source = await accepted(rawFile(`{${entries}}`, names.length));
    expect(source.names).toEqual(names);
    for (const [i, name] of names.entries()) expect(await source.get(name)?.bytes()).toEqual(Uint8Array.of(i));
    for (const absent of ["valueOf", "hasOwnProperty", "E\u0301"]) expect(source.get(absent)).toBeUndefined();
    expect(Object.prototype).not.toHaveProperty("dtype");
  });

  test("A6: metadata that is not a map of strings, a tensor called __metadata__", async () => {
    const { metadata } = await readSafetensorsHeader(bytesSource("m", rawFile('{"__metadata__":{"format":"pt"}}')));
    expect([...metadata]).toEqual([["format", "pt"]]);
    for (const value of ["1", "null", "[]", '"x"', '{"a":1}', '{"a":null}', '{"a":{"b":"c"}}']) {
      expect(await refused(rawFile(`{"__metadata__":${value}}`))).toContain("__metadata__ is not a map of strings");
    }
    const tensor = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';
    expect(await refused(rawFile(`{"__metadata__":${tensor}}`, 4))).toContain("__metadata__ is not a map of strings");
  });

  test("A7: offsets that are not plain integers", async () => {
    for (const begin of ["-0", "-1", "0.0", "0e0", "1e3", "0.5", "9007199254740992", "18446744073709551616"]) {
      const message = await refused(fileWith({ data_offsets: `[${begin},4]` }));
      expect(message).toContain(`the number "${begin}" cannot stand here (in "w"."data_offsets", at character`);
      expect(message).toContain("expected a plain integer from 0 to 2^53 - 1");
    }
    for (const begin of ["00", "+0", "0x0", "NaN", "1e999"]) await refused(fileWith({ data_offsets: `[${begin},4]` }));
  });

  test("A7: offsets that are not a pair of numbers", async () => {
    for (const offsets of ["[]", "[0]", "[0,4,4]", '["0","4"]', "[0,null]", "null", "4", "{}", "[[0,4]]"]) {
      expect(await refused(fileWith({ data_offsets: offsets }))).toContain(
        'tensor "w" of test.safetensors: its data_off',
      );
    }
    expect(await refused(fileWith({ data_offsets: "[4,0]" }))).toContain("its data ends before it begins");
  });

  test("A7: offsets that overlap, leave holes, or do not start at 0", async () => {
    const two = (a: string, b: string) =>
      rawFile(
        `{"a":{"dtype":"U8","shape":[4],"data_offsets":${a}},"b":{"dtype":"U8","shape":[4],"data_offsets":${b}}}`,
        8,
      );
    expect((await accepted(two("[4,8]", "[0,4]"))).names).toEqual(["b", "a"]);
    expect(await refused(two("[0,4]", "[3,7]"))).toContain('tensor "b" of test.safetensors: its data overlaps');
    expect(await refused(two("[0,4]", "[0,4]"))).toContain("overlaps");
    expect(await refused(two("[0,4]", "[5,9]"))).toContain(
      "there is a hole before its data, expected a begin at byte 4",
    );
    expect(await refused(two("[1,5]", "[5,9]"))).toContain(
      "there is a hole before its data, expected a begin at byte 0",
    );
  });

  test("A7: tensors that end before or after the end of the file", async () => {
    expect(await refused(fileWith({}, 3))).toContain("it ends inside its tensors, expected 4 bytes of data, got 3");
    expect(await refused(fileWith({}, 5))).toContain("there are bytes after its last tensor");
    expect(await refused(rawFile("{}", 1))).toContain("there are bytes after its last tensor");
  });

  test("A8: shapes whose size overflows", async () => {
    const max = "9007199254740991";
    for (const shape of [`[${max}]`, `[${max},${max}]`, "[67108864,67108864,2]", `[${max},${max},0]`]) {
      expect(await refused(fileWith({ shape }))).toContain("its size overflows");
    }
  });

  test("A8: shapes with -1, no numbers, a 2^31 dimension, rank 1000", async () => {
    expect(await refused(fileWith({ shape: "[-1]" }))).toContain('in "w"."shape"');
    for (const shape of ['["1"]', "[null]", "null", "1", "[[1]]", "{}"]) {
      expect(await refused(fileWith({ shape }))).toContain("its shape is not a list of dimensions");
    }
    expect(await refused(fileWith({ shape: "[2147483648]" }))).toContain("expected 8589934592 bytes, got 4");
    const ones = (rank: number) => fileWith({ shape: `[${Array.from({ length: rank }, () => 1)}]` });
    expect(await refused(ones(1000))).toContain("too many dimensions, expected at most 64, got 1000");
    expect((await accepted(ones(64))).get("w")?.shape).toHaveLength(64);
  });

  test("A8: sizes that do not fit shape and dtype", async () => {
    expect(await refused(fileWith({ shape: "[2]" }))).toContain(
      "its data does not fit F32 [2], expected 8 bytes, got 4",
    );
    expect(await refused(fileWith({ dtype: '"F16"' }))).toContain("its data does not fit F16 [1]");
    expect(await refused(fileWith({ shape: "[0]" }))).toContain("expected 0 bytes, got 4");
  });

  test("A8: unknown dtypes, dtypes that cannot be read, elements that do not end on a byte", async () => {
    for (const dtype of ['"f32"', '"F128"', '""', "null", "7", '"__proto__"']) {
      expect(await refused(fileWith({ dtype }))).toContain("unknown dtype, expected F64, F32");
    }
    expect(await refused(fileWith({ dtype: '"F8_E4M3"', shape: "[4]" }))).toContain("its dtype cannot be read here");
    expect(await refused(fileWith({ dtype: '"F4"', shape: "[7]" }))).toContain("do not end on a whole byte");
    expect(await refused(fileWith({ extra: "0" }))).toContain(
      'unknown key, expected dtype, shape, data_offsets, got "extra"',
    );
    for (const field of ["dtype", "shape", "data_offsets"]) {
      expect(await refused(rawFile(`{"w":{${field === "dtype" ? "" : '"dtype":"F32"'}}}`))).toContain("undefined");
    }
  });

  test("A8: empty tensors and scalars are legal", async () => {
    const source = await accepted(
      rawFile(
        '{"empty":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]},"scalar":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"end":{"dtype":"F64","shape":[0],"data_offsets":[1,1]}}',
        1,
      ),
    );
    const read = async (name: string) => (await source.get(name)?.bytes())?.length;
    expect([await read("empty"), await read("scalar"), await read("end")]).toEqual([0, 1, 0]);
  });

  test("A9: data at an odd byte offset", async () => {
    const values = new Float32Array([1.5, -2]);
    const file = rawFile(
      '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}',
      9,
    );
    file.set(new Uint8Array(values.buffer), file.length - 8);
    for (const shift of [0, 1, 2, 3]) {
      const shifted = new Uint8Array(file.length + shift);
      shifted.set(file, shift);
      const weight = (await accepted(shifted.subarray(shift))).get("b");
      expect(weight && (await readTensor(weight)).data).toEqual(values);
    }
  });

  test("A14: files that are something else are called what they are", async () => {
    const page = text("<!DOCTYPE html><html><body>404</body></html>");
    const pointer = text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
    const gzip = new Uint8Array(700_000).fill(7);
    gzip.set([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]); // as a header length this is 559903
    const torch = (name: string) => readFile(new URL(`../test-data/${name}`, import.meta.url));
    const cases: [Uint8Array, string][] = [
      [page, "an HTML page"],
      [text("\n <html>"), "an HTML page"],
      [pointer, "a Git LFS pointer"],
      [gzip, "gzip-compressed data"],
      [await torch("module.bin"), "a zip archive, as PyTorch saves"],
      [await torch("legacy.bin"), "a Python pickle"],
      [text('{"error":"Repository not found"}'), "JSON text"],
      [new Uint8Array(5000), "nothing but zeros"],
    ];
    for (const [bytes, kind] of cases) {
      expect(await refused(bytes)).toContain(`test.safetensors: it is not a safetensors file, got ${kind}. `);
    }
    // A real file that was cut off is not taken for something else, even where its length looks like a pickle.
    expect(await refused(rawFile(`{${" ".repeat(0x280 - 2)}}`).slice(0, 500))).toContain("it ends inside its header");
  });
});
