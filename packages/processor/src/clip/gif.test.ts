// Animated GIFs against Pillow (test-data/clips/make_gifs.py), and damaged ones.
import { readFileSync } from "node:fs";
import { GlimpseError } from "@glimpsejs/base";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { loadClip } from "../node/load-clip.ts";
import { gifPictures, readGif } from "./gif.ts";

const read = (name: string) => new Uint8Array(readFileSync(new URL(`../../test-data/clips/${name}`, import.meta.url)));

describe("pixels are Pillow's", () => {
  test.each(["plain", "parts", "disposal", "interlaced", "large"])("%s", async (name) => {
    const expected = await sharp(read(`${name}-gif.png`))
      .raw()
      .toBuffer();
    const gif = readGif(read(`${name}.gif`), 100, name);
    const all = gif.images.map((_, i) => i);
    const frames = [...gifPictures(gif, all, name)].map((picture) => picture?.data ?? new Uint8Array());
    expect(Buffer.concat(frames).equals(expected)).toBe(true);
  });
});

test("a GIF is a clip: its delays are times, and only chosen frames come out", async () => {
  const clip = await loadClip(new URL("../../test-data/clips/plain.gif", import.meta.url), { frames: 2 });
  expect(clip).toMatchObject({ codec: "gif", frameCount: 4, indices: [0, 3], timestamps: [0, 0.34], duration: 0.41 });
  const frames = [];
  for await (const { index, width, height } of clip.frames()) frames.push({ index, width, height });
  expect(frames).toEqual([0, 3].map((index) => ({ index, width: 40, height: 30 })));
});

test("D26: a GIF cut off at every byte is refused", async () => {
  const bytes = read("parts.gif");
  for (let length = 0; length < bytes.length; length++) {
    await expect(loadClip(bytes.subarray(0, length))).rejects.toMatchObject({ code: "invalid-clip" });
  }
});

test("D26: a GIF with flipped bytes gives frames or a typed error", async () => {
  const bytes = read("disposal.gif");
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, value) => {
      const damaged = bytes.slice();
      damaged[at] = value;
      try {
        const clip = await loadClip(damaged, { maxPixels: 1e6 });
        for await (const { data, width, height } of clip.frames()) expect(data).toHaveLength(width * height * 3);
      } catch (error) {
        if (!GlimpseError.isInstance(error)) throw error;
      }
    }),
    { numRuns: 300 },
  );
});

test("D26: more frames than the limit, and frames larger than it", async () => {
  expect(() => readGif(read("plain.gif"), 3, "x")).toThrow("x: the animation has too many frames, expected at most 3.");
  await expect(loadClip(read("plain.gif"), { maxPixels: 1000 })).rejects.toThrow(/too large to decode.*got 40 x 30/);
});
