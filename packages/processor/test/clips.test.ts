// Clips end to end in Node: which frames come out of real files, with which pixels, and what is decoded for them. Expected
// pixels are FFmpeg's (`ffmpeg -i FILE -pix_fmt rgb24`), written by this file when FFMPEG=1 is set.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { VideoFrame } from "@napi-rs/webcodecs";
import sharp from "sharp";
import { afterAll, describe, expect, test } from "vitest";
import type { Clip, ClipFrame } from "../src/index.ts";
import { type ClipSource, loadClip, loadPicture, type NodeClipOptions } from "../src/node/index.ts";
import { countingCodecs } from "./counting-codecs.ts";
import { type ClipRecipe, drawing, encode, makeClip, pack, steadyTimes } from "./make-clip.ts";

const expected = new URL("../test-data/clips/", import.meta.url);
const samples = new URL("../../demo-model/samples/clips/", import.meta.url);
const folder = mkdtempSync(path.join(tmpdir(), "glimpse-clips-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function framesOf(clip: Clip): Promise<ClipFrame[]> {
  const frames: ClipFrame[] = [];
  for await (const frame of clip.frames()) frames.push(frame);
  return frames;
}

const load = async (source: ClipSource, options?: NodeClipOptions) => framesOf(await loadClip(source, options));

/** Mean absolute difference in grey levels. */
function difference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;
}

/** The frames that FFmpeg decodes from a file, below each other in one PNG. */
async function ffmpegSays(name: string, file: string, frames: readonly ClipFrame[]): Promise<Uint8Array> {
  const png = new URL(`${name}.png`, expected);
  const [{ width, height }] = frames as [ClipFrame];
  if (process.env["FFMPEG"] !== undefined) {
    const raw = execFileSync("ffmpeg", ["-v", "error", "-i", file, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"], {
      maxBuffer: 2 ** 30,
    });
    const size = width * height * 3;
    const data = Buffer.concat(frames.map(({ index }) => raw.subarray(index * size, (index + 1) * size)));
    await sharp(data, { raw: { width, height: height * frames.length, channels: 3 } })
      .png({ compressionLevel: 9 })
      .toFile(png.pathname);
  }
  return sharp(readFileSync(png)).raw().toBuffer();
}

/** Mean absolute differences of frames from what FFmpeg says. */
async function differences(name: string, file: string, frames: readonly ClipFrame[]): Promise<number[]> {
  const all = await ffmpegSays(name, file, frames);
  const size = all.length / frames.length;
  return frames.map(({ data }, i) => difference(data, all.subarray(i * size, (i + 1) * size)));
}

describe("pixels", () => {
  test.each<[string, ClipRecipe]>([
    ["h264", { codec: "avc", container: "mp4", times: steadyTimes(30), keyEvery: 8 }],
    ["vp9", { codec: "vp9", container: "webm", times: steadyTimes(30), keyEvery: 8 }],
    ["vp8", { codec: "vp8", container: "mkv", times: steadyTimes(30), keyEvery: 8 }],
  ])("%s made here: within 2 grey levels of FFmpeg's", async (name, recipe) => {
    const file = path.join(folder, `${name}.${recipe.container}`);
    writeFileSync(file, await makeClip(recipe));
    const frames = await load(file);
    expect(frames.map(({ index }) => index)).toEqual([0, 6, 12, 17, 23, 29]);
    for (const mean of await differences(`made-${name}`, file, frames)) expect(mean).toBeLessThanOrEqual(2);
  });

  test.each(["01.mp4", "06.webm"])("sample %s, B-frames and all: FFmpeg's to the byte", async (name) => {
    const file = new URL(name, samples);
    const frames = await load(file);
    expect(frames.map(({ index }) => index)).toEqual([0, 5, 9, 14, 18, 23]);
    expect(await differences(`sample-${name.slice(0, 2)}`, file.pathname, frames)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test.each([0, 90, 180, 270] as const)("rotation %i of the file is applied", async (rotation) => {
    const recipe = { codec: "avc", times: steadyTimes(2) } as const;
    const packets = await encode(recipe);
    const [plain] = await load(await pack(packets, { ...recipe, container: "mp4" }), { frames: 1 });
    const [turned] = await load(await pack(packets, { ...recipe, container: "mov", rotation }), { frames: 1 });
    const expected = await sharp(plain?.data, { raw: { width: 128, height: 96, channels: 3 } })
      .rotate(rotation)
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([turned?.width, turned?.height]).toEqual([expected.info.width, expected.info.height]);
    expect(difference(turned?.data ?? new Uint8Array(), expected.data)).toBe(0);
  });
});

describe("frames", () => {
  test("a path, a URL, bytes, a Blob and a data: URL give the same clip", async () => {
    const url = new URL("06.webm", samples);
    const bytes = readFileSync(url);
    const sources = [
      url,
      url.pathname,
      url.href,
      bytes,
      new Blob([bytes]),
      `data:video/webm;base64,${bytes.toString("base64")}`,
    ];
    const [first, ...others] = await Promise.all(sources.map((source) => load(source, { frames: 2 })));
    for (const other of others) {
      const data = other.map((frame, i) => difference(frame.data, first?.[i]?.data ?? new Uint8Array()));
      expect(data).toEqual([0, 0]);
    }
  });

  test("at a variable rate frames are even in time, and carry their times", async () => {
    const times = [0, 0.1, 0.2, 0.3, 0.4, 2, 3.9, 4];
    const bytes = await makeClip({ codec: "vp9", container: "mkv", times });
    const clip = await loadClip(bytes, { frames: 3 });
    expect(clip).toMatchObject({ indices: [0, 5, 7], timestamps: [0, 2, 4], frameCount: 8 });
    expect((await framesOf(clip)).map(({ timestamp }) => timestamp)).toEqual([0, 2, 4]);
    const shown = await loadClip(bytes, { sampling: { timestamps: [0.25, 1.999, 2] } });
    expect(shown).toMatchObject({ indices: [2, 4, 5], timestamps: [0.2, 0.4, 2] });
    const pixels = await framesOf(shown);
    const drawn = (index: number) =>
      Uint8Array.from(
        { length: 128 * 96 * 3 },
        (_, i) => drawing(index, Math.floor(i / 3) % 128, Math.floor(i / 384))[i % 3] ?? 0,
      );
    for (const { index, data } of pixels) expect(difference(data, drawn(index))).toBeLessThan(6);
  });

  test("only what the chosen frames need is decoded, one frame is open at a time and all are closed", async () => {
    const bytes = await makeClip({ codec: "avc", container: "mp4", times: steadyTimes(120), keyEvery: 30 });
    const { codecs, counts } = await countingCodecs();
    const clip = await loadClip(bytes, { codecs, sampling: { timestamps: [0, 1.1, 1.2, 3.5] } });
    expect(counts.decoded).toBe(0);
    const frames = await framesOf(clip);
    // Frame 0 alone; 30 to 36 for frames 33 and 36; 90 to 105.
    expect(frames.map(({ index }) => index)).toEqual([0, 33, 36, 105]);
    expect(counts).toEqual({ decoded: 1 + 7 + 16, open: 0, mostKept: 1, decoders: 0 });
  });

  test.each(["01.mp4", "06.webm"])("all frames of %s, too, with one open at a time", async (name) => {
    const url = new URL(name, samples);
    const { codecs, counts } = await countingCodecs();
    const all = await load(url, { codecs, frames: 24 });
    expect(all.map(({ index }) => index)).toEqual(all.map((_, i) => i));
    expect(counts).toMatchObject({ open: 0, mostKept: 1, decoders: 0 });
    for (const { index, data } of await load(url)) {
      expect(difference(data, all[index]?.data ?? new Uint8Array()), `frame ${index}`).toBe(0);
    }
    for (const { index, timestamp, data } of all.slice(-4)) {
      const [alone] = await load(url, { sampling: { timestamps: [timestamp] } });
      expect(difference(data, alone?.data ?? new Uint8Array()), `frame ${index}`).toBe(0);
    }
  });

  test("leaving the loop early closes everything, and the clip can be read again", async () => {
    const { codecs, counts } = await countingCodecs();
    const clip = await loadClip(new URL("01.mp4", samples), { codecs });
    for await (const { index } of clip.frames()) {
      expect(index).toBe(0);
      break;
    }
    expect(counts).toMatchObject({ open: 0, decoders: 0 });
    expect(await framesOf(clip)).toHaveLength(6);
    expect(counts).toMatchObject({ open: 0, decoders: 0 });
  });

  test("a clip of fewer frames repeats them where more are asked for", async () => {
    const bytes = await makeClip({ codec: "vp9", container: "webm", times: steadyTimes(2) });
    expect((await load(bytes)).map(({ index }) => index)).toEqual([0, 1]);
    const frames = await load(bytes, { frames: 4 });
    expect(frames.map(({ index }) => index)).toEqual([0, 0, 1, 1]);
    expect(frames[1]?.data).toBe(frames[0]?.data);
  });

  test("frames that change size mid-stream come out at their own sizes", async () => {
    const times = steadyTimes(4);
    const small = await encode({ codec: "vp9", times: times.slice(0, 2), width: 64, height: 48 });
    const large = await encode({ codec: "vp9", times: times.slice(2) });
    const bytes = await pack([...small, ...large.map(({ packet }) => ({ packet }))], {
      codec: "vp9",
      container: "webm",
    });
    const frames = await load(bytes);
    expect(frames.map(({ width, height }) => [width, height])).toEqual([
      [64, 48],
      [64, 48],
      [128, 96],
      [128, 96],
    ]);
  });
});

describe("pictures", () => {
  const raw = (value: number) => ({ width: 2, height: 1, data: new Uint8Array(6).fill(value) });

  test("a list of pictures of any kind is a clip", async () => {
    const frame = new VideoFrame(new Uint8Array(4 * 4 * 4).fill(9), {
      format: "RGBA",
      codedWidth: 4,
      codedHeight: 4,
      timestamp: 0,
    });
    const file = new URL("../test-data/decode/rgb.png", import.meta.url);
    const clip = await loadClip([raw(1), frame, file, readFileSync(file)], { frameRate: 2 });
    expect(clip).toMatchObject({ indices: [0, 1, 2, 3], timestamps: [0, 0.5, 1, 1.5], duration: 2 });
    const frames = await framesOf(clip);
    expect(frames.map(({ width }) => width)).toEqual([2, 4, 17, 17]);
    expect(frames[1]?.data[0]).toBe(9);
    frame.close();
    expect(await load([raw(1), raw(2), raw(3)], { frames: 2 })).toMatchObject([{ index: 0 }, { index: 2 }]);
    await expect(loadPicture(frame)).rejects.toThrow(/expected 1 to .* pixels, got one that was closed/);
    await expect(loadClip([])).rejects.toThrow("clip: there are no pictures in it");
  });

  test("an array of raw frames is a clip", async () => {
    const data = Uint8Array.from({ length: 5 * 2 * 3 * 4 }, (_, i) => i);
    const clip = { count: 5, width: 3, height: 2, channels: 4, data } as const;
    const frames = await load(clip, { frames: 3 });
    expect(frames.map(({ data }) => [...data.subarray(0, 4)])).toEqual([
      [0, 1, 2, 4],
      [48, 49, 50, 52],
      [96, 97, 98, 100],
    ]);
    await expect(loadClip({ ...clip, count: 7 })).rejects.toThrow("clip: the data cannot be cut into frames");
    await expect(loadClip({ ...clip, width: 4 })).rejects.toThrow("clip: the length of the pixel data");
    await expect(loadClip({ ...clip, count: 0 })).rejects.toThrow("the count of frames is not usable");
  });
});

test("options are checked, all at once, before anything is opened", async () => {
  const wrong = { frame: 3, timeout: -1, frames: 0 } as NodeClipOptions;
  await expect(loadClip("missing.mp4", wrong)).rejects.toThrow(
    /3 problems:\n.*option "frame": there is no such option\. Did you mean "frames"\?\n.*timeout.*\n.*option "frames"/,
  );
  await expect(loadClip(5 as unknown as string)).rejects.toMatchObject({ code: "invalid-argument" });
});
