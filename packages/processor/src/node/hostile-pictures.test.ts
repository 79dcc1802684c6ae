// Files made to hurt: bombs, truncations, disguises. Each must end in a typed error or the right pixels, and quickly.
import { readFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";
import { GlimpseError } from "@glimpsejs/base";
import sharp from "sharp";
import { expect, test } from "vitest";
import { sharpDecoder } from "./sharp-decoder.ts";

const folder = new URL("../../test-data/decode/", import.meta.url);
const read = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));
const decode = sharpDecoder();

/** The message with which the bytes are refused as "invalid-image". */
async function refusal(bytes: Uint8Array, decoder = decode): Promise<string> {
  try {
    await decoder(bytes, { name: "file" });
  } catch (error) {
    if (GlimpseError.isInstance(error, "invalid-image")) return error.message;
    throw error;
  }
  throw new Error("the decoder accepted it");
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function pngChunk(kind: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([ascii(kind), data]);
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(data.length, 0);
  numbers.writeUInt32BE(crc32(body), 4);
  return join(numbers.subarray(0, 4), body, numbers.subarray(4));
}

/** An 8-bit grey PNG that claims this size, with one row of pixels. */
function png(width: number, height: number, ...chunks: readonly Uint8Array[]): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const pixels = pngChunk("IDAT", deflateSync(Buffer.alloc(width + 1)));
  const end = pngChunk("IEND", new Uint8Array(0));
  return join(ascii("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", header), ...chunks, pixels, end);
}

/** A copy with 16-bit numbers overwritten. */
function patched(bytes: Uint8Array, at: number, littleEndian: boolean, ...values: readonly number[]): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  values.forEach((value, i) => {
    view.setUint16(at + 2 * i, value, littleEndian);
  });
  return copy;
}

const jpegSize = (bytes: Uint8Array, height: number, width: number) =>
  patched(bytes, Buffer.from(bytes).indexOf(Uint8Array.of(0xff, 0xc0)) + 5, false, height, width);

test("C19: a small file that claims many pixels is refused by its header", async () => {
  const tooLarge =
    /^file: the picture is too large to decode, expected at most 178956970 pixels, got \d+ x \d+\. Raise/;
  expect(await refusal(png(65535, 65535))).toMatch(tooLarge);
  expect(await refusal(png(30000, 30000))).toMatch(tooLarge);
  expect(await refusal(jpegSize(read("rgb.jpg"), 65500, 65500))).toMatch(tooLarge);
  expect(await refusal(jpegSize(read("rgb.jpg"), 65535, 65535))).toMatch(/^file: /);
  expect(await refusal(patched(read("rgb.gif"), 6, true, 65535, 65535))).toMatch(tooLarge);
  expect(await refusal(patched(read("lossy.webp"), 26, true, 16383, 16383))).toMatch(tooLarge);
  expect(await refusal(read("rgb.png"), sharpDecoder({ maxPixels: 17 * 13 - 1 }))).toContain(
    "at most 220 pixels, got 17 x 13",
  );
  expect((await sharpDecoder({ maxPixels: 17 * 13 })(read("rgb.png"))).width).toBe(17);
});

test("C19: a side of 0", async () => {
  for (const bytes of [
    png(0, 5),
    png(5, 0),
    jpegSize(read("rgb.jpg"), 5, 0),
    patched(read("lossy.webp"), 26, true, 0, 13),
  ]) {
    expect(await refusal(bytes)).toContain("damaged");
  }
});

test("C19: compressed text and profiles that unpack to 64 MiB leave the pixels as they are", async () => {
  const bomb = deflateSync(Buffer.alloc(2 ** 26));
  for (const kind of ["iCCP", "zTXt"]) {
    const before = process.memoryUsage().rss;
    const { data } = await decode(png(3, 1, pngChunk(kind, join(ascii("name\0\0"), bomb))));
    expect([...data], kind).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(process.memoryUsage().rss - before, kind).toBeLessThan(2 ** 26);
  }
});

test("C19: SVG with entities, references or a huge view box is refused unread", async () => {
  const laughs = '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><svg>&b;</svg>';
  const href = '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>';
  const huge = '<!-- c --><svg viewBox="0 0 1e9 1e9" width="1e9" height="1e9"/>';
  for (const text of [laughs, href, huge, `  \n${href}`]) {
    expect(await refusal(ascii(text))).toContain("SVG or other XML. SVG can load other files and is not read");
  }
});

test("C19: a progressive JPEG of thousands of scans", async () => {
  const bytes = read("progressive.jpg");
  const scan = bytes.subarray(Buffer.from(bytes).lastIndexOf(Uint8Array.of(0xff, 0xda)), -2);
  const scans = Array.from({ length: 5000 }, () => scan);
  expect(await refusal(join(bytes.subarray(0, -2), ...scans, bytes.subarray(-2)))).toContain("damaged");
});

for (const name of [
  "rgb.jpg",
  "progressive.jpg",
  "palette.png",
  "transparent.gif",
  "lossy.webp",
  "420.avif",
  "rgb.tif",
]) {
  test(`C20: ${name} cut at every byte is an error or complete`, async () => {
    const whole = read(name);
    const { data } = await decode(whole);
    let errors = 0;
    for (let length = 0; length < whole.length; length++) {
      try {
        expect((await decode(whole.subarray(0, length))).data, `at ${length}`).toEqual(data);
      } catch (error) {
        if (!GlimpseError.isInstance(error, "invalid-image")) throw error;
        errors++;
      }
    }
    expect(errors).toBeGreaterThan(whole.length * 0.9);
  });
}

test("C20: a cut-off file is accepted on request", async () => {
  const whole = readFileSync(new URL("../../../../fixtures/reference/data/photo-1.jpg", import.meta.url));
  const half = whole.subarray(0, whole.length / 2);
  expect(await refusal(half)).toContain("damaged, cut off");
  const [complete, partial] = await Promise.all([decode(whole), sharpDecoder({ allowTruncated: true })(half)]);
  expect([partial.width, partial.height]).toEqual([complete.width, complete.height]);
  expect(Buffer.compare(partial.data.subarray(0, 1e6), complete.data.subarray(0, 1e6))).toBe(0);
});

test("C21: high dynamic range AVIF", async () => {
  const pixels = { width: 16, height: 16, channels: 3 } as const;
  const file = await sharp(Buffer.alloc(768, 9), { raw: pixels }).avif({ bitdepth: 10 }).toBuffer();
  await expect(decode(file)).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringContaining("10 bits"),
  });
});

test("C22: a GIF of 100,000 frames gives the first", async () => {
  const bytes = read("rgb.gif");
  const frame = join(ascii(",\0\0\0\0\x01\0\x01\0\0\x02\x02"), Uint8Array.of(0x4c, 0x01, 0));
  const frames = Array.from({ length: 100_000 }, () => frame);
  const { data } = await decode(join(bytes.subarray(0, -1), ...frames, ascii(";")));
  expect(data).toEqual((await decode(bytes)).data);
});

test("C23: EXIF of garbage or of impossible lengths is ignored", async () => {
  const bytes = read("rgb.jpg");
  const endless = ascii("II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0\xff\xff\xff\xff\x06\0\0\0");
  for (const content of [
    new Uint8Array(60_000).fill(0xa5),
    endless,
    join(endless, new Uint8Array(60_000).fill(0xff)),
  ]) {
    const head = patched(ascii("\xff\xe1\0\0Exif\0\0"), 2, false, content.length + 8);
    const { data } = await decode(join(bytes.subarray(0, 2), head, content, bytes.subarray(2)));
    expect(data).toEqual((await decode(bytes)).data);
  }
});

test("C24: what is not a picture is named, whatever it is called", async () => {
  const kinds: readonly (readonly [string, string])[] = [
    ["", "nothing"],
    ["\0".repeat(300), "nothing but zeros"],
    ["<!DOCTYPE html><title>404</title>", "an HTML page"],
    ['{"error": "not found"}', "JSON text"],
    ["version https://git-lfs.github.com/spec/v1\noid sha256:0", "a Git LFS pointer"],
    ["\x80\x04\x95\0", "a Python pickle"],
    ["PK\x03\x04", "a zip archive"],
    ["\x1f\x8b\x08", "gzip-compressed data"],
    ["%PDF-1.7", "a PDF document"],
    ["BM\0\0\0\0", "a BMP picture"],
    ["\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC picture"],
    ["\0\0\0\x14ftypisom\0\0\0\0mp42", "a video"],
    ["RIFF\0\0\0\0AVI LIST", "a video"],
    ["just text", "a file of an unknown format"],
  ];
  for (const [text, kind] of kinds) {
    expect(await refusal(ascii(text))).toContain(`expected JPEG, PNG, GIF, WebP, TIFF or AVIF, got ${kind}`);
  }
  for (const start of ["\xff\xd8\xff<html>", "\x89PNG\r\n\x1a\n<html>", "GIF89a<html>", "II*\0<html>"]) {
    expect(await refusal(ascii(start.padEnd(200, "x")))).toContain("damaged");
  }
});

test("C24: bytes that change or move away after the call", async () => {
  const bytes = read("rgb.png");
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const decoding = decode(shared);
  shared.fill(0);
  expect((await decoding).data).toEqual((await decode(bytes)).data);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  expect(await refusal(bytes)).toContain("their buffer was transferred elsewhere");
});

test("damaged bytes give a whole picture or a typed error, and the next call works", async () => {
  let state = 20; // a fixed xorshift sequence, so that a failure repeats
  const random = (below: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  for (const name of [
    "rgb.jpg",
    "progressive.jpg",
    "palette-transparent.png",
    "transparent.gif",
    "lossy-alpha.webp",
    "lzw.tif",
  ]) {
    for (let run = 0; run < 40; run++) {
      const bytes = read(name);
      for (let flips = random(4) + 1; flips > 0; flips--) bytes[random(bytes.length)] = random(256);
      try {
        const { width, height, data } = await decode(bytes, { name: `${name}, run ${run}` });
        expect(data).toHaveLength(width * height * 3);
      } catch (error) {
        if (!GlimpseError.isInstance(error)) throw error;
      }
    }
    expect((await decode(read(name))).width).toBe(17);
  }
});

test("an aborted decode says so", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(decode(read("rgb.png"), { signal, name: "file" })).rejects.toMatchObject({ code: "aborted" });
  const controller = new AbortController();
  const decoding = decode(read("rgb.png"), { signal: controller.signal });
  controller.abort();
  await expect(decoding).rejects.toMatchObject({ code: "aborted" });
});
