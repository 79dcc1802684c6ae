// Files made to hurt, in a browser: bombs, truncations, disguises. Each must end in a typed error or the right pixels.
import { GlimpseError } from "@glimpsejs/base";
import { expect, test } from "vitest";
import { ascii, deflate, join, patched, png, pngChunk, read } from "../../test/web-support.ts";
import { browserDecoder } from "./browser-decoder.ts";

const decode = browserDecoder();
const file = (name: string) => read(`decode/${name}`);

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

/** A JPEG with another size in its frame header. */
async function jpegSize(height: number, width: number): Promise<Uint8Array> {
  const bytes = await file("rgb.jpg");
  const frame = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
  return patched(bytes, frame + 5, false, height, width);
}

test("C19: a small file that claims many pixels is refused by its header, before anything is decoded", async () => {
  const tooLarge =
    /^file: the picture is too large to decode, expected at most 178956970 pixels, got \d+ x \d+\. Raise/;
  expect(await refusal(await png(65535, 65535))).toMatch(tooLarge);
  expect(await refusal(await png(30000, 30000))).toMatch(tooLarge);
  expect(await refusal(await jpegSize(65500, 65500))).toMatch(tooLarge);
  expect(await refusal(patched(await file("rgb.gif"), 6, true, 65535, 65535))).toMatch(tooLarge);
  expect(await refusal(patched(await file("lossy.webp"), 26, true, 16383, 16383))).toMatch(tooLarge);
  const avif = await file("444.avif");
  const ispe = avif.findIndex((_, i) => String.fromCharCode(...avif.subarray(i, i + 4)) === "ispe");
  expect(await refusal(patched(avif, ispe + 8, false, 0, 60_000, 0, 60_000))).toMatch(tooLarge);
  const exact = browserDecoder({ maxPixels: 17 * 13 - 1 });
  expect(await refusal(await file("rgb.png"), exact)).toContain("at most 220 pixels, got 17 x 13");
  expect((await browserDecoder({ maxPixels: 17 * 13 })(await file("rgb.png"))).width).toBe(17);
});

test("C19: a side of 0", async () => {
  for (const bytes of [
    await png(0, 5),
    await png(5, 0),
    await jpegSize(5, 0),
    patched(await file("lossy.webp"), 26, true, 0, 13),
  ]) {
    expect(await refusal(bytes)).toContain("damaged");
  }
});

test("C19: compressed text, profiles and pixels that unpack to 64 MiB leave the picture as it is", async () => {
  const zeros = new Uint8Array(2 ** 26);
  const bomb = await deflate(zeros);
  for (const kind of ["iCCP", "zTXt"]) {
    const { data } = await decode(await png(3, 1, [pngChunk(kind, join(ascii("name\0\0"), bomb))]));
    expect([...data], kind).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
  }
  const { width, height } = await decode(await png(3, 1, [], zeros));
  expect([width, height]).toEqual([3, 1]);
});

test("C19: SVG with entities, references or a huge view box is refused unread", async () => {
  const laughs = '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><svg>&b;</svg>';
  const href = '<svg xmlns="http://www.w3.org/2000/svg"><image href="https://example.org/x.png"/></svg>';
  const huge = '<!-- c --><svg viewBox="0 0 1e9 1e9" width="1e9" height="1e9"/>';
  for (const text of [laughs, href, huge, `  \n${href}`]) {
    expect(await refusal(ascii(text))).toContain("SVG or other XML. SVG can load other files and is not read");
  }
});

test("C19: a progressive JPEG of thousands of scans", async () => {
  const bytes = await file("progressive.jpg");
  let start = 0;
  bytes.forEach((byte, i) => {
    if (byte === 0xff && bytes[i + 1] === 0xda) start = i;
  });
  const scans = Array.from({ length: 5000 }, () => bytes.subarray(start, -2));
  expect(await refusal(join(bytes.subarray(0, -2), ...scans, bytes.subarray(-2)))).toContain("more than 100 scans");
});

for (const name of [
  "rgb.jpg",
  "progressive.jpg",
  "palette.png",
  "transparent.gif",
  "lossy.webp",
  "lossless-alpha.webp",
  "animated.webp",
  "420.avif",
]) {
  test(`C20: ${name} cut at every byte is an error or complete`, async () => {
    const whole = await file(name);
    const { data } = await decode(whole);
    let errors = 0;
    for (let length = 0; length < whole.length; length++) {
      try {
        expect([...(await decode(whole.subarray(0, length))).data], `at ${length}`).toEqual([...data]);
      } catch (error) {
        if (!GlimpseError.isInstance(error, "invalid-image")) throw error;
        errors++;
      }
    }
    // An animation is complete with its first frame.
    expect(errors).toBeGreaterThan(whole.length * (name.startsWith("animated") ? 0.4 : 0.9));
  });
}

test("C22: a GIF of 100,000 frames gives the first", async () => {
  const bytes = await file("rgb.gif");
  const frame = join(ascii(",\0\0\0\0\x01\0\x01\0\0\x02\x02"), Uint8Array.of(0x4c, 0x01, 0));
  const frames = Array.from({ length: 100_000 }, () => frame);
  const { data } = await decode(join(bytes.subarray(0, -1), ...frames, ascii(";")));
  expect([...data]).toEqual([...(await decode(bytes)).data]);
});

test("C23: EXIF of garbage or of impossible lengths is ignored", async () => {
  const bytes = await file("rgb.jpg");
  const endless = ascii("II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0\xff\xff\xff\xff\x06\0\0\0");
  const far = ascii("II*\0\xff\xff\xff\xff");
  for (const content of [new Uint8Array(60_000).fill(0xa5), far, join(far, new Uint8Array(60_000).fill(0xff))]) {
    const head = patched(ascii("\xff\xe1\0\0Exif\0\0"), 2, false, content.length + 8);
    const { data } = await decode(join(bytes.subarray(0, 2), head, content, bytes.subarray(2)));
    expect([...data]).toEqual([...(await decode(bytes)).data]);
  }
  // An endless directory whose first entry is an orientation of 6: the entry counts, the rest is never read.
  const head = patched(ascii("\xff\xe1\0\0Exif\0\0"), 2, false, endless.length + 8);
  const turned = await decode(join(bytes.subarray(0, 2), head, endless, bytes.subarray(2)));
  expect(turned.width).toBe(13);
});

test("C24: what is not a picture is named, whatever it is called", async () => {
  const kinds: readonly (readonly [string, string])[] = [
    ["", "nothing"],
    ["\0".repeat(300), "nothing but zeros"],
    ["<!DOCTYPE html><title>404</title>", "an HTML page"],
    ['{"error": "not found"}', "JSON text"],
    ["PK\x03\x04", "a zip archive"],
    ["%PDF-1.7", "a PDF document"],
    ["\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC picture"],
    ["\0\0\0\x14ftypisom\0\0\0\0mp42", "a video"],
    ["just text", "a file of an unknown format"],
  ];
  for (const [text, kind] of kinds) {
    expect(await refusal(ascii(text))).toContain(`expected JPEG, PNG, GIF, WebP or AVIF, got ${kind}`);
  }
  for (const start of ["\xff\xd8\xff<html>", "\x89PNG\r\n\x1a\n<html>", "GIF89a<html>", "RIFF\x20\0\0\0WEBP<html>"]) {
    expect(await refusal(ascii(start.padEnd(200, "x")))).toMatch(/damaged|no frame/);
  }
});

test("C24: bytes that change or move away after the call", async () => {
  const bytes = await file("rgb.png");
  const expected = await decode(bytes);
  const copy = bytes.slice();
  const decoding = decode(copy);
  copy.fill(0);
  expect([...(await decoding).data]).toEqual([...expected.data]);
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
    "lossless-alpha.webp",
    "444.avif",
  ]) {
    for (let run = 0; run < 40; run++) {
      const bytes = await file(name);
      for (let flips = random(4) + 1; flips > 0; flips--) bytes[random(bytes.length)] = random(256);
      try {
        const { width, height, data } = await decode(bytes, { name: `${name}, run ${run}` });
        expect(data).toHaveLength(width * height * 3);
      } catch (error) {
        if (!GlimpseError.isInstance(error)) throw error;
      }
    }
    expect((await decode(await file(name))).width).toBe(17);
  }
});

test("an aborted decode says so", async () => {
  const bytes = await file("rgb.png");
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(decode(bytes, { signal, name: "file" })).rejects.toMatchObject({ code: "aborted" });
  const controller = new AbortController();
  const decoding = decode(bytes, { signal: controller.signal });
  controller.abort();
  await expect(decoding).rejects.toMatchObject({ code: "aborted" });
});
