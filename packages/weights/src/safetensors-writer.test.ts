import { readFile } from "node:fs/promises";
import type { HostTensor } from "@glimpsejs/graph";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesSource } from "./byte-source.ts";
import { openSafetensors, readSafetensorsHeader } from "./safetensors.ts";
import { streamSafetensors, writeSafetensors } from "./safetensors-writer.ts";
import { readTensor, sourceFromTensors } from "./tensor.ts";

const one = { dtype: "float32", shape: [1], data: Float32Array.of(1) } as const;

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

describe("writeSafetensors", () => {
  test("writes what the reference implementation writes, byte for byte", async () => {
    const path = new URL("../test-data/expected.safetensors", import.meta.url);
    const expected = new Uint8Array(await readFile(path));
    const source = await openSafetensors(bytesSource("expected.safetensors", expected));
    const tensors: Record<string, HostTensor> = {};
    for (const name of [...source.names].sort()) {
      const weight = source.get(name);
      if (weight !== undefined) tensors[name] = await readTensor(weight);
    }
    expect(new Set(Object.values(tensors).map((t) => t.dtype)).size).toBe(10);
    expect(writeSafetensors(tensors)).toEqual(expected);
    expect(new Uint8Array(await collect(streamSafetensors(sourceFromTensors(tensors))))).toEqual(expected);
  });

  test("what is written is read back: names, metadata, shapes, data", async () => {
    const tensor = fc.array(fc.nat(3), { maxLength: 4 }).map((shape): HostTensor => {
      const size = shape.reduce((product, n) => product * n, 1);
      return { dtype: "int16", shape, data: Int16Array.from({ length: size }, (_, i) => i - 9) };
    });
    const name = fc.string({ unit: "binary" }).filter((text) => text !== "__metadata__");
    const property = fc.asyncProperty(
      fc.dictionary(name, tensor, { noNullPrototype: false }),
      fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })),
      async (tensors, metadata) => {
        const file = bytesSource("f", writeSafetensors(tensors, metadata));
        const source = await openSafetensors(file);
        expect(source.names.toSorted()).toEqual(Object.keys(tensors).sort());
        expect(Object.fromEntries((await readSafetensorsHeader(file)).metadata)).toEqual({ ...metadata });
        for (const [key, value] of Object.entries(tensors)) {
          const weight = source.get(key);
          expect(weight && (await readTensor(weight))).toEqual(value);
        }
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  test("refuses what the reader would refuse", () => {
    expect(() => writeSafetensors({ __metadata__: one })).toThrow("__metadata__ is not a map of strings");
    expect(() => writeSafetensors({ __metadata__: one }, { a: "b" })).toThrow('the key "__metadata__" stands twice');
    expect(() => writeSafetensors({ "\ud800": one })).toThrow("half of a surrogate pair");
    expect(() => writeSafetensors({ w: { ...one, shape: [2] } })).toThrow("its data does not fill its shape");
    expect(() => writeSafetensors({ w: { ...one, shape: [-1, -1] } })).toThrow('the number "-1" cannot stand here');
  });
});

describe("streamSafetensors", () => {
  test("holds one tensor at a time", async () => {
    const reads: string[] = [];
    const memory = sourceFromTensors({ a: one, b: one });
    const source = {
      names: memory.names,
      get(name: string) {
        const weight = memory.get(name);
        return (
          weight && {
            ...weight,
            async bytes() {
              reads.push(name);
              return weight.bytes();
            },
          }
        );
      },
    };
    const chunks = streamSafetensors(source, { format: "pt" });
    await chunks.next();
    expect(reads).toEqual([]);
    await chunks.next();
    expect(reads).toEqual(["a"]);
    await chunks.next();
    expect(reads).toEqual(["a", "b"]);
    expect((await chunks.next()).done).toBe(true);
  });

  test("never writes a tensor of another length than its header says", async () => {
    const weight = { dtype: "float32", shape: [1], byteLength: 4, bytes: async () => new Uint8Array(3) } as const;
    const chunks = streamSafetensors({ names: ["w"], get: () => weight });
    await expect(collect(chunks)).rejects.toThrow('weight "w": reading it gave a wrong number of bytes, expected 4');
  });

  test("stops on abort", async () => {
    const chunks = streamSafetensors(sourceFromTensors({ a: one }), {}, AbortSignal.abort());
    await expect(collect(chunks)).rejects.toMatchObject({ code: "aborted" });
  });
});
