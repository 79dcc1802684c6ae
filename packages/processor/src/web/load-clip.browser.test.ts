// Clips in a real Chromium: the same frames and, to the byte, the same pixels as FFmpeg's and so as in Node.
import { expect, test } from "vitest";
import { read } from "../../test/web-support.ts";
import type { Clip, ClipFrame } from "../index.ts";
import { loadClip, loadImage, videoFrames, type WebClipOptions } from "./index.ts";

async function framesOf(clip: Clip): Promise<ClipFrame[]> {
  const frames: ClipFrame[] = [];
  for await (const frame of clip.frames()) frames.push(frame);
  return frames;
}

/** Mean absolute difference in grey levels. */
function difference(a: Uint8Array, b: Uint8Array): number {
  return a.length === b.length ? a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length : 255;
}

/** Codecs of this browser that count the frames which are open, now and at most after one was handed over. */
function counting() {
  const counts = { open: 0, mostKept: 0 };
  class Counting extends VideoDecoder {
    constructor(init: VideoDecoderInit) {
      super({
        ...init,
        output(frame) {
          counts.open++;
          const close = frame.close.bind(frame);
          let isOpen = true;
          frame.close = () => {
            if (isOpen) counts.open--;
            isOpen = false;
            close();
          };
          init.output(frame);
          counts.mostKept = Math.max(counts.mostKept, counts.open);
        },
      });
    }
  }
  const codecs = { VideoDecoder: Counting, EncodedVideoChunk } as unknown as NonNullable<WebClipOptions["codecs"]>;
  return { codecs, counts };
}

test.each([
  ["01.mp4", "H.264"],
  ["06.webm", "VP9"],
])("sample %s (%s): FFmpeg's bytes, one frame open at a time, every frame closed", async (name) => {
  const expected = await loadImage(await read(`clips/sample-${name.slice(0, 2)}.png`));
  const { codecs, counts } = counting();
  const clip = await loadClip(`/packages/demo-model/samples/clips/${name}`, { codecs });
  expect(clip.indices).toEqual([0, 5, 9, 14, 18, 23]);
  const frames = await framesOf(clip);
  const size = expected.data.length / 6;
  const differences = frames.map(({ data }, i) => difference(data, expected.data.subarray(i * size, (i + 1) * size)));
  expect(differences).toEqual([0, 0, 0, 0, 0, 0]);
  expect(counts).toEqual({ open: 0, mostKept: 1 });
  const all = await framesOf(await loadClip(`/packages/demo-model/samples/clips/${name}`, { codecs, frames: 24 }));
  expect(all.map(({ index }) => index)).toEqual(all.map((_, i) => i));
  for (const { index, data } of frames) expect(difference(data, all[index]?.data ?? new Uint8Array())).toBe(0);
  expect(counts).toEqual({ open: 0, mostKept: 1 });
});

test("a Blob, bytes and an element give the same clip as a URL", async () => {
  const bytes = await read("samples/06.webm");
  const blob = new Blob([bytes], { type: "video/webm" });
  const [first] = await framesOf(await loadClip("/packages/demo-model/samples/clips/06.webm", { frames: 1 }));
  for (const source of [blob, bytes, bytes.buffer]) {
    const [frame] = await framesOf(await loadClip(source, { frames: 1 }));
    expect(difference(frame?.data ?? new Uint8Array(), first?.data ?? new Uint8Array())).toBe(0);
  }
  const video = Object.assign(document.createElement("video"), { src: URL.createObjectURL(blob), muted: true });
  const clip = await loadClip(video, { frames: 3 });
  expect(clip.timestamps).toEqual([0, 1, 59 / 30]);
  const frames = await framesOf(clip);
  expect(frames.map(({ width, height }) => [width, height])).toEqual(frames.map(() => [192, 192]));
  // The browser converts the colours here.
  expect(difference(frames[0]?.data ?? new Uint8Array(), first?.data ?? new Uint8Array())).toBeLessThan(3);
  const direct = await framesOf(await loadClip(bytes, { sampling: { timestamps: [1] } }));
  expect(difference(frames[1]?.data ?? new Uint8Array(), direct[0]?.data ?? new Uint8Array())).toBeLessThan(3);
  URL.revokeObjectURL(video.src);
});

test("GIFs, lists of bitmaps and frames, raw arrays", async () => {
  const gif = await loadClip(await read("clips/plain.gif"), { sampling: { timestamps: [0, 0.07, 0.14, 0.34] } });
  const expected = await loadImage(await read("clips/plain-gif.png"));
  const frames = await framesOf(gif);
  expect(difference(Uint8Array.from(frames.flatMap(({ data }) => [...data])), expected.data)).toBe(0);
  const bitmap = await createImageBitmap(new ImageData(new Uint8ClampedArray(4 * 4 * 4).fill(255), 4, 4));
  const frame = new VideoFrame(bitmap, { timestamp: 0 });
  const list = await framesOf(await loadClip([bitmap, frame, { width: 1, height: 1, data: new Uint8Array(3) }]));
  expect(list.map(({ width }) => width)).toEqual([4, 4, 1]);
  frame.close();
  const raw = await loadClip({ count: 2, width: 1, height: 1, data: Uint8Array.from([1, 2, 3, 4, 5, 6]) });
  expect((await framesOf(raw)).map(({ data }) => [...data])).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
});

test("a playing element gives its frames until it ends, and they are the taker's to close", async () => {
  const video = Object.assign(document.createElement("video"), { muted: true });
  video.src = "/packages/demo-model/samples/clips/06.webm";
  await video.play();
  const times: number[] = [];
  for await (const frame of videoFrames(video)) {
    expect([frame.displayWidth, frame.displayHeight]).toEqual([192, 192]);
    times.push(frame.timestamp);
    frame.close();
  }
  expect(times.length).toBeGreaterThan(2);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  await expect(videoFrames(video, { signal: AbortSignal.abort() }).next()).resolves.toMatchObject({ done: true });
  const idle = document.createElement("video");
  const signal = AbortSignal.timeout(20);
  await expect(videoFrames(idle, { signal }).next()).rejects.toMatchObject({ code: "aborted" });
});

test("in a worker the frames are the same", async () => {
  const blob = new Blob([await read("samples/01.mp4")]);
  const worker = new Worker(new URL("../../test/clip-worker.ts", import.meta.url), { type: "module" });
  const told = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(blob);
  });
  worker.terminate();
  const frames = await framesOf(await loadClip(blob));
  const sums = frames.map(({ data }) => data.reduce((sum, value) => sum + value, 0));
  expect(told).toEqual({ indices: [0, 5, 9, 14, 18, 23], sums });
});

test("D26: no video, cut off, unknown codec, a missing URL", async () => {
  const bytes = await read("samples/01.mp4");
  await expect(loadClip(new Blob([]))).rejects.toMatchObject({ code: "invalid-clip" });
  await expect(loadClip(bytes.subarray(0, 2000))).rejects.toMatchObject({ code: "invalid-clip" });
  await expect(loadClip(await read("clips/sample-06.png"))).rejects.toThrow(/^clip: .*got a PNG picture/);
  await expect(loadClip(new File(["not a clip"], "holiday.mp4"))).rejects.toThrow(/^holiday\.mp4: this is no clip/);
  await expect(
    loadClip("/no-such-clip.mp4", { fetch: async () => new Response("", { status: 404 }) }),
  ).rejects.toMatchObject({
    code: "download",
  });
  const unanswered = async () => Promise.reject(new TypeError("Failed to fetch"));
  await expect(loadClip("https://example.org/a.mp4", { fetch: unanswered })).rejects.toThrow(
    /allows this page to read it/,
  );
  const unsupported = { VideoDecoder: { isConfigSupported: async () => ({ supported: false }) }, EncodedVideoChunk };
  const clip = await loadClip(bytes, { codecs: unsupported as unknown as NonNullable<WebClipOptions["codecs"]> });
  await expect(framesOf(clip)).rejects.toMatchObject({ code: "unsupported" });
});
