import { readFile } from "node:fs/promises";
import type { WeightSource } from "@glimpsejs/graph";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { typedError } from "../../test/support.ts";
import { bytesSource } from "../byte-source.ts";
import { openTorch } from "../torch.ts";
import { readZipDirectory } from "./zip.ts";

const data = async (name: string) =>
  new Uint8Array(await readFile(new URL(`../../test-data/${name}`, import.meta.url)));
const text = (value: string) => new TextEncoder().encode(value);

interface TestEntry {
  readonly name: string;
  readonly body: string;
  /** What the directory says, where it lies. */
  readonly size?: number;
  readonly storedSize?: number;
  readonly method?: number;
  readonly flags?: number;
  readonly offset?: number;
  readonly localName?: string;
}

interface TestArchive {
  readonly count?: number;
  readonly directoryOffset?: number;
  readonly comment?: string;
  readonly zip64?: boolean;
}

/** Builds an archive, right except for what `entries` and `archive` say. */
function zip(entries: readonly TestEntry[], archive: TestArchive = {}): Uint8Array {
  const chunks: Uint8Array[] = [];
  const length = () => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const record = (...fields: readonly (readonly [bytes: number, value: number])[]) => {
    const bytes = new Uint8Array(fields.reduce((sum, [size]) => sum + size, 0));
    let at = 0;
    for (const [size, value] of fields) {
      for (let i = 0; i < size; i++) bytes[at++] = Math.floor(value / 256 ** i) % 256;
    }
    chunks.push(bytes);
  };
  const offsets = entries.map(({ name, body, flags = 0, method = 0, localName = name }) => {
    const offset = length();
    const [nameLength, size] = [text(localName).length, text(body).length];
    record([4, 0x04034b50], [2, 0], [2, flags], [2, method], [8, 0], [4, size], [4, size], [2, nameLength], [2, 0]);
    chunks.push(text(localName), text(body));
    return offset;
  });
  const directoryOffset = archive.directoryOffset ?? length();
  const start = length();
  const wide = archive.zip64 === true;
  entries.forEach((entry, i) => {
    const { name, body, flags = 0, method = 0, offset = offsets[i] ?? 0 } = entry;
    const { size = text(body).length, storedSize = size } = entry;
    record([4, 0x02014b50], [4, 0], [2, flags], [2, method], [8, 0]);
    record([4, wide ? 0xffffffff : storedSize], [4, wide ? 0xffffffff : size]);
    record([2, text(name).length], [2, wide ? 28 : 0], [2, 0], [8, 0], [4, wide ? 0xffffffff : offset]);
    chunks.push(text(name));
    if (wide) record([2, 1], [2, 24], [8, size], [8, storedSize], [8, offset]);
  });
  const directoryLength = length() - start;
  const count = archive.count ?? entries.length;
  if (wide) {
    const end64 = length();
    record(
      [4, 0x06064b50],
      [8, 44],
      [4, 0],
      [8, 0],
      [8, count],
      [8, count],
      [8, directoryLength],
      [8, directoryOffset],
    );
    record([4, 0x07064b50], [4, 0], [8, end64], [4, 1]);
    record([4, 0x06054b50], [4, 0], [2, 0xffff], [2, 0xffff], [4, 0xffffffff], [4, 0xffffffff], [2, 0]);
  } else {
    const comment = archive.comment ?? "";
    record([4, 0x06054b50], [4, 0], [2, count], [2, count], [4, directoryLength], [4, directoryOffset]);
    record([2, comment.length]);
    chunks.push(text(comment));
  }
  return new Uint8Array(Buffer.concat(chunks));
}

const read = (bytes: Uint8Array) => readZipDirectory(bytesSource("test.bin", bytes));
const refused = async (bytes: Uint8Array) => (await typedError(read(bytes))).message;
const [a, b] = [
  { name: "a", body: "first" },
  { name: "b", body: "second" },
];

describe("readZipDirectory", () => {
  test("finds the bytes of stored entries, also with ZIP64 records", async () => {
    for (const zip64 of [false, true]) {
      const bytes = zip([a, b], { zip64 });
      const directory = await read(bytes);
      expect(directory.names).toEqual(["a", "b"]);
      const { offset, length } = await directory.locate("b");
      expect(Buffer.from(bytes.subarray(offset, offset + length)).toString()).toBe("second");
      expect((await typedError(directory.locate("c"))).message).toContain('"c" in test.bin: there is no such entry');
    }
  });

  test("treats names as strings: paths, duplicates, bytes that are not text", async () => {
    expect(
      (
        await read(
          zip([
            { ...a, name: "../../etc/passwd" },
            { ...b, name: "__proto__" },
          ]),
        )
      ).names,
    ).toHaveLength(2);
    expect(await refused(zip([a, { ...b, name: "a" }]))).toContain("there are two entries of this name");
    const bytes = zip([{ ...a, name: "\u0080" }]);
    bytes[bytes.lastIndexOf(0xc2)] = 0xff;
    expect(await refused(bytes)).toContain("a name that is not UTF-8");
  });

  test("refuses entries that are compressed or encrypted, naming all of them", async () => {
    const message = await refused(
      zip([
        { ...a, method: 8 },
        { ...b, flags: 1 },
      ]),
    );
    expect(message).toContain('"a" in test.bin: it is compressed, expected method 0, got 8');
    expect(message).toContain('"b" in test.bin: it is encrypted');
    expect(await refused(await data("compressed.bin"))).toContain('"module/data.pkl" in test.bin: it is compressed');
  });

  test("refuses entries that overlap each other or the directory", async () => {
    expect(await refused(zip([a, { ...b, offset: 0 }]))).toContain("it overlaps another entry");
    expect(await refused(zip([a, { ...b, offset: 10 }]))).toContain("it overlaps another entry");
    expect(await refused(zip([{ ...a, size: 6 }, b]))).toContain('"a" in test.bin: it overlaps another entry');
    expect(await refused(zip([a, { ...b, size: 1e9 }]))).toContain('"b" in test.bin: it overlaps another entry');
    expect(await refused(zip([{ ...a, storedSize: 4 }]))).toContain("its two sizes differ");
    // The local header of "a" reaches further than the directory can tell.
    const bytes = zip([a, b]);
    bytes[28] = 3;
    const error = await typedError((await read(bytes)).locate("a"));
    expect(error.message).toContain('"a" in test.bin: its data overlaps what follows it');
  });

  test("refuses local headers that contradict the directory", async () => {
    const locate = async (bytes: Uint8Array) => (await typedError((await read(bytes)).locate("a"))).message;
    expect(await locate(zip([{ ...a, localName: "x" }]))).toContain("contradicts the directory");
    expect(await locate(zip([{ ...a, size: 4 }]))).toContain("contradicts the directory");
    for (const at of [0, 6, 8, 22, 26]) {
      const bytes = zip([a]);
      bytes[at] = 7;
      expect(await locate(bytes), String(at)).toContain("contradicts the directory");
    }
  });

  test("refuses a directory that is elsewhere, cut off, too large, or followed by something", async () => {
    expect(await refused(zip([a], { comment: "x" }))).toContain("does not end as a zip archive ends");
    expect(await refused(new Uint8Array([...zip([a]), 0]))).toContain("does not end as a zip archive ends");
    expect(await refused(zip([a]).slice(0, -1))).toContain("does not end as a zip archive ends");
    expect(await refused(new Uint8Array(0))).toContain("does not end as a zip archive ends");
    expect(await refused(zip([a], { directoryOffset: 0 }))).toContain("is not where it should be");
    for (const count of [0, 2, 3])
      expect(await refused(zip([a], { count }))).toContain("directory of the archive is broken");
    expect(await refused(zip([a], { count: 2e6, zip64: true }))).toContain("at most 100000 entries");
    const bytes = zip([a], { zip64: true });
    bytes[bytes.length - 22 - 20 + 8] = 1; // where the ZIP64 record is
    expect(await refused(bytes)).toContain("its ZIP64 records contradict each other");
  });
});

test("PyTorch files with any bytes changed open or are refused, and never crash", async () => {
  const files = await Promise.all(["module.bin", "views.bin", "rezipped.bin"].map(data));
  const change = fc.tuple(
    fc.nat(1 << 20),
    fc.oneof(fc.nat(255), fc.constantFrom(0, 0x28, 0x2e, 0x52, 0x71, 0x75, 0xff)),
  );
  const property = fc.asyncProperty(
    fc.constantFrom(...files),
    fc.array(change, { minLength: 1, maxLength: 4 }),
    fc.option(fc.nat(5000)),
    async (file, changes, cut) => {
      const bytes = file.slice(0, cut ?? file.length);
      for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
      const opened = await openTorch(bytesSource("f", bytes)).catch((error: unknown) => error);
      if (opened instanceof Error) {
        await typedError(Promise.reject(opened));
        return;
      }
      const source = opened as WeightSource;
      for (const name of source.names)
        expect(await source.get(name)?.bytes()).toHaveLength(source.get(name)?.byteLength ?? -1);
    },
  );
  await fc.assert(property, { numRuns: 1500, interruptAfterTimeLimit: 2000 });
});
