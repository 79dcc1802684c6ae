// The encoder against another implementation of the format: node:zlib, and a check sum known from the specification.
import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { encodePng } from "./png.ts";

/** Chunks of a PNG file by type, with their check sums. */
function chunksOf(png: Uint8Array): Map<string, { data: Uint8Array; crc: number }> {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const chunks = new Map<string, { data: Uint8Array; crc: number }>();
  for (let at = 8; at < png.length; ) {
    const length = view.getUint32(at);
    const type = new TextDecoder().decode(png.subarray(at + 4, at + 8));
    chunks.set(type, { data: png.subarray(at + 8, at + 8 + length), crc: view.getUint32(at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

test("has signature, header, unfiltered lines and an end, and nothing else", async () => {
  const data = Uint8Array.from({ length: 3 * 2 * 3 }, (_, i) => (i * 97) % 256);
  const png = await encodePng({ width: 3, height: 2, data });
  expect([...png.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks = chunksOf(png);
  expect([...chunks.keys()]).toEqual(["IHDR", "IDAT", "IEND"]);
  expect([...(chunks.get("IHDR")?.data ?? [])]).toEqual([0, 0, 0, 3, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
  const lines = inflateSync(chunks.get("IDAT")?.data ?? new Uint8Array());
  expect([...lines]).toEqual([0, ...data.subarray(0, 9), 0, ...data.subarray(9)]);
  expect(chunks.get("IEND")?.crc).toBe(0xae426082);
});
