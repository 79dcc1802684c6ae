// Group D of the hostile inputs: videos that are damaged, lie, or whose decoder misbehaves. Each is a typed error or right
// frames, no frame stays open, and the next clip works.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { GlimpseError } from "@glimpsejs/base";
import fc from "fast-check";
import { BufferTarget, EncodedAudioPacketSource, EncodedPacket, Output, WebMOutputFormat } from "mediabunny";
import { afterAll, expect, test } from "vitest";
import type { VideoTrack } from "../src/clip/media.ts";
import { memoryBytes } from "../src/clip/media-bytes.ts";
import { videoClip } from "../src/clip/video-clip.ts";
import type { Clip } from "../src/index.ts";
import { loadClip } from "../src/node/index.ts";
import { nodeClips } from "../src/node/node-clips.ts";
import { type Counts, countingCodecs } from "./counting-codecs.ts";
import { makeClip, steadyTimes } from "./make-clip.ts";

const mp4 = await makeClip({ codec: "avc", container: "mp4", times: steadyTimes(12), keyEvery: 6 });
const webm = await makeClip({ codec: "vp9", container: "webm", times: steadyTimes(12), keyEvery: 6 });

/** Indices of the frames that come out. */
async function read(clip: Clip): Promise<number[]> {
  const indices: number[] = [];
  for await (const { index, data, width, height } of clip.frames()) {
    expect(data).toHaveLength(width * height * 3);
    indices.push(index);
  }
  return indices;
}

/** The code of the error that a file gives, or the indices of its frames. */
async function outcome(bytes: Uint8Array, options = {}): Promise<string | number[]> {
  try {
    return await read(await loadClip(bytes, options));
  } catch (error) {
    if (GlimpseError.isInstance(error)) return error.code;
    throw error;
  }
}

/** A copy with 32-bit numbers written `offset` bytes after the four letters of a box. */
function patched(letters: string, offset: number, ...values: readonly number[]): Uint8Array {
  const copy = mp4.slice();
  const at = Buffer.from(copy.buffer).indexOf(letters);
  if (at < 0) throw new Error(`there is no ${letters}`);
  const view = new DataView(copy.buffer);
  values.forEach((value, i) => {
    view.setUint32(at + 4 + offset + 4 * i, value);
  });
  return copy;
}

const works = () => expect(outcome(mp4)).resolves.toEqual([0, 2, 4, 7, 9, 11]);

test("D26: cut off anywhere, an MP4 is an error or has the frames that are whole", async () => {
  for (let length = 0; length < mp4.length; length += Math.ceil(mp4.length / 60)) {
    const result = await outcome(mp4.subarray(0, length));
    if (typeof result === "string") expect(result).toBe("invalid-clip");
    else expect(result.length).toBeGreaterThan(0);
  }
  await works();
});

test("D26: an MP4 whose moov is missing or hidden", async () => {
  const hidden = mp4.slice();
  hidden.set(Buffer.from("free"), Buffer.from(hidden.buffer).indexOf("moov"));
  expect(await outcome(hidden)).toBe("invalid-clip");
  expect(await outcome(mp4.subarray(0, Buffer.from(mp4.buffer).indexOf("moov") - 4))).toBe("invalid-clip");
});

test("D26: moov bombs: boxes and tables larger than the file", async () => {
  const start = performance.now();
  for (const [letters, offset] of [
    ["stsz", 8],
    ["stts", 4],
    ["stco", 4],
    ["stsc", 4],
    ["stss", 4],
  ] as const) {
    expect(await outcome(patched(letters, offset, 0xffffffff)), letters).toEqual(expect.anything());
  }
  for (const letters of ["moov", "trak", "mdia", "stbl"]) {
    expect(await outcome(patched(letters, -8, 0x7fffffff)), letters).toEqual(expect.anything());
  }
  expect(performance.now() - start).toBeLessThan(20_000);
  await works();
});

test("D26: a thousand million frames are declared and not there", async () => {
  // One size for all samples and as many of them; one entry of the time table for all.
  const bytes = patched("stsz", 4, 100, 1_000_000_000);
  const at = Buffer.from(bytes.buffer).indexOf("stts");
  new DataView(bytes.buffer).setUint32(at + 12, 1_000_000_000);
  const start = performance.now();
  const result = await outcome(bytes, { timeout: 5000 });
  expect(typeof result === "string" ? result : "frames").toMatch(/invalid-clip|frames/);
  expect(performance.now() - start).toBeLessThan(20_000);
  await works();
});

test("D26: absurd durations in the headers change nothing", async () => {
  for (const letters of ["mvhd", "mdhd"]) {
    expect(await outcome(patched(letters, 16, 0xfffffffe)), letters).toEqual([0, 2, 4, 7, 9, 11]);
  }
});

test("D26: no frames a second: all at one time are one frame", async () => {
  const at = Buffer.from(mp4.buffer).indexOf("stts");
  const entries = new DataView(mp4.buffer).getUint32(at + 8);
  const still = mp4.slice();
  for (let i = 0; i < entries; i++) new DataView(still.buffer).setUint32(at + 12 + 8 * i + 4, 0);
  expect(await outcome(still)).toEqual([0]);
});

test("D26: negative, endless, repeated and unordered times", async () => {
  const { codecs } = await countingCodecs();
  const real = nodeClips(codecs);
  const openTrack = await real.demuxer();
  const odd = [-5, Number.NaN, Number.POSITIVE_INFINITY];
  const clip = await videoClip(
    { name: "odd.mp4", open: async () => memoryBytes(mp4) },
    {},
    {
      ...real,
      async demuxer() {
        return async (bytes, name): Promise<VideoTrack> => {
          const track = await openTrack(bytes, name);
          return {
            ...track,
            async times(each) {
              const times: [number, number][] = [];
              await track.times((start, end) => times.push([start, end]) > 0);
              for (const time of [...odd.map((t): [number, number] => [t, t]), ...times.toReversed(), ...times])
                each(...time);
            },
          };
        };
      },
    },
  );
  expect(clip).toMatchObject({ frameCount: 12, indices: [0, 2, 4, 7, 9, 11] });
  expect(await read(clip)).toEqual([0, 2, 4, 7, 9, 11]);
});

test("D26: a video without frames", async () => {
  const bytes = patched("stsz", 8, 0);
  const at = Buffer.from(bytes.buffer).indexOf("stts");
  new DataView(bytes.buffer).setUint32(at + 8, 0);
  expect(await outcome(bytes)).toBe("invalid-clip");
});

test("D26: audio only", async () => {
  const target = new BufferTarget();
  const output = new Output({ format: new WebMOutputFormat(), target });
  const source = new EncodedAudioPacketSource("opus");
  output.addAudioTrack(source);
  await output.start();
  const meta = { decoderConfig: { codec: "opus", numberOfChannels: 1, sampleRate: 48000 } };
  for (let i = 0; i < 5; i++) await source.add(new EncodedPacket(new Uint8Array(20), "key", i / 50, 1 / 50), meta);
  await output.finalize();
  await expect(loadClip(new Uint8Array(target.buffer ?? []))).rejects.toThrow(
    "clip: the file has no video track, got only audio.",
  );
});

test("D26: an unknown codec, and one that the machine does not decode", async () => {
  const unknown = mp4.slice();
  unknown.set(Buffer.from("xvid"), Buffer.from(unknown.buffer).lastIndexOf("avc1"));
  expect(await outcome(unknown)).toBe("unsupported");
  const { codecs } = await countingCodecs();
  class None extends codecs.VideoDecoder {
    static override isConfigSupported = async () => ({ supported: false });
  }
  const clip = await loadClip(mp4, { codecs: { ...codecs, VideoDecoder: None } });
  await expect(read(clip)).rejects.toThrow(/this machine has no decoder for the video's codec, got avc1/);
});

test("D26: frames larger than the limit", async () => {
  await expect(loadClip(mp4, { maxPixels: 100 })).rejects.toThrow(
    "clip: the frames are too large to decode, expected at most 100 pixels, got 128 x 96.",
  );
});

const never = new Promise<never>(() => undefined);
const closed = (counts: Counts) => expect(counts).toMatchObject({ open: 0, decoders: 0 });

test("D26: a decoder that never answers is given up, and its frames are closed", async () => {
  const silent = await countingCodecs(() => ({ decode: () => undefined, flush: () => never }));
  const clip = await loadClip(mp4, { codecs: silent.codecs, timeout: 100 });
  await expect(read(clip)).rejects.toMatchObject({
    code: "timeout",
    message:
      "clip: the decoder did not answer, expected an answer within 0.1 s. Try again, or raise the option timeout.",
  });
  closed(silent.counts);
  const hanging = await countingCodecs(() => ({ flush: () => never }));
  const second = await loadClip(webm, { codecs: hanging.codecs, timeout: 100 });
  await expect(read(second)).rejects.toMatchObject({ code: "timeout" });
  closed(hanging.counts);
  await works();
});

test("D26: a decoder that fails or throws", async () => {
  for (const flush of [() => Promise.reject(new Error("lost")), () => Promise.reject(undefined)]) {
    const { codecs, counts } = await countingCodecs(() => ({ flush }));
    await expect(read(await loadClip(mp4, { codecs }))).rejects.toMatchObject({ code: "invalid-clip" });
    closed(counts);
  }
  const { codecs, counts } = await countingCodecs(() => ({
    decode() {
      throw new Error("no memory");
    },
  }));
  await expect(read(await loadClip(mp4, { codecs }))).rejects.toThrow(
    /cannot be decoded, got "no memory" from the decoder/,
  );
  closed(counts);
});

test("D26: a file that never answers, and one that was aborted", async () => {
  const file = { name: "slow.mp4", open: async () => ({ ...memoryBytes(mp4), read: () => never }) };
  await expect(videoClip(file, { timeout: 50 }, nodeClips())).rejects.toMatchObject({ code: "timeout" });
  const controller = new AbortController();
  const aborted = videoClip(file, { signal: controller.signal }, nodeClips());
  controller.abort();
  await expect(aborted).rejects.toMatchObject({ code: "aborted" });
  const { codecs, counts } = await countingCodecs();
  const clip = await loadClip(mp4, { codecs });
  const frames = clip.frames({ signal: AbortSignal.abort() });
  await expect(frames.next()).rejects.toMatchObject({ code: "aborted" });
  closed(counts);
});

test("D26: flipped bytes give frames or a typed error, and every frame is closed", async () => {
  const { codecs, counts } = await countingCodecs();
  for (const bytes of [mp4, webm]) {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] ?? 0) ^ bits;
        await outcome(damaged, { codecs, timeout: 5000, maxPixels: 1e6 });
        // A decoder that fails is closed already, and nobody closes it again.
        expect(counts.open).toBe(0);
      }),
      { numRuns: 60 },
    );
  }
  await works();
}, 60_000);

const folder = mkdtempSync(path.join(tmpdir(), "glimpse-clips-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("D26: files that are none, and files of another kind", async () => {
  const fifo = path.join(folder, "fifo.mp4");
  if (process.platform !== "win32") {
    execFileSync("mkfifo", [fifo]);
    await expect(loadClip(fifo)).rejects.toThrow(/this is not a file.*got a device, pipe or socket/);
  }
  await expect(loadClip(folder)).rejects.toMatchObject({ code: "invalid-clip" });
  await expect(loadClip(path.join(folder, "none.mp4"))).rejects.toMatchObject({ code: "missing-file" });
  await expect(loadClip(new Uint8Array())).rejects.toThrow(/got nothing: there are no bytes/);
  await expect(loadClip(new TextEncoder().encode("<!doctype html><p>404"))).rejects.toThrow(/got an HTML page/);
  await expect(loadClip(readFileSync(new URL(import.meta.url)))).rejects.toMatchObject({ code: "invalid-clip" });
  await expect(loadClip("https://example.com/a.mp4")).rejects.toThrow(/URLs are not downloaded/);
});
