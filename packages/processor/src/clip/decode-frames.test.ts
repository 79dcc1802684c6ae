// Which frames come out of decoders of all kinds: that reorder, hand over several at once, or nothing for some packets.
// The decoder is made up: its frames have a time and nothing else.
import { GlimpseError } from "@glimpsejs/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import "../../../../tooling/properties.ts";
import { decodeFrames } from "./decode-frames.ts";
import type { Packet, VideoTrack } from "./media.ts";
import type { VideoFrameLike, WebCodecs } from "./web-codecs.ts";

/** A video and its decoder. */
interface Made {
  readonly count: number;
  /** A key frame every so many frames. */
  readonly keyEvery: number;
  /** Packets come in groups of so many, the last of a group first, as P-frames come before their B-frames. */
  readonly reorder: number;
  /** How many frames stay inside until more packets come, beyond what has to for the order. */
  readonly delay: number;
  /** Frames are handed over in groups of so many. */
  readonly burst: number;
  /** Frames that never come out. */
  readonly hidden: ReadonlySet<number>;
}

const plain: Made = { count: 40, keyEvery: 10, reorder: 1, delay: 0, burst: 1, hidden: new Set() };

/** The track, its codecs, and what happened: packets decoded, frames open now and kept at most. */
function make({ count, keyEvery, reorder, delay, burst, hidden }: Made) {
  const counts = { decoded: 0, open: 0, mostKept: 0 };
  const order: number[] = [];
  for (let key = 0; key < count; key += keyEvery) {
    const end = Math.min(count, key + keyEvery);
    order.push(key);
    for (let at = key + 1; at < end; at += reorder) {
      const group = Array.from({ length: Math.min(reorder, end - at) }, (_, i) => at + i);
      order.push(...group.slice(-1), ...group.slice(0, -1));
    }
  }
  const packets = order.map((time, i): Packet => {
    return { type: time % keyEvery === 0 ? "key" : "delta", time, order: i, data: new Uint8Array() };
  });
  const track: VideoTrack = {
    config: { codec: "made up" },
    rotation: 0,
    flip: false,
    async times() {},
    keyPacket: async (time) => packets.find((packet) => packet.time === time - (time % keyEvery)),
    nextPacket: async (packet) => packets[packet.order + 1],
    dispose() {},
  };
  class VideoDecoder {
    static isConfigSupported = async () => ({ supported: true });
    decodeQueueSize = 0;
    state = "configured";
    ondequeue: unknown;
    private readonly output: (frame: VideoFrameLike) => void;
    private inside: number[] = [];

    constructor({ output }: { output(frame: VideoFrameLike): void }) {
      this.output = output;
    }

    configure() {}

    decode({ timestamp }: { readonly timestamp: number }) {
      counts.decoded++;
      this.inside.push(timestamp);
      if (this.inside.length >= reorder + delay + burst) this.handOver(burst);
    }

    async flush() {
      this.handOver(this.inside.length);
    }

    close() {
      this.state = "closed";
    }

    private handOver(most: number) {
      this.inside.sort((a, b) => a - b);
      for (const timestamp of this.inside.splice(0, most)) {
        if (hidden.has(timestamp)) continue;
        counts.open++;
        let isOpen = true;
        const close = () => {
          if (isOpen) counts.open--;
          isOpen = false;
        };
        this.output({ timestamp, close } as VideoFrameLike);
        counts.mostKept = Math.max(counts.mostKept, counts.open);
      }
    }
  }
  class EncodedVideoChunk {
    readonly timestamp: number;
    constructor({ timestamp }: { readonly timestamp: number }) {
      this.timestamp = timestamp;
    }
  }
  const codecs = { VideoDecoder, EncodedVideoChunk } as unknown as WebCodecs;
  async function frames(...times: readonly number[]): Promise<number[]> {
    const chosen = times.map((time) => ({ time, index: time }));
    const seen: number[] = [];
    for await (const { timestamp } of decodeFrames(track, chosen, codecs, { timeout: 1000, name: "clip" })) {
      expect(counts.open).toBe(1);
      seen.push(timestamp);
    }
    return seen;
  }
  return { counts, frames };
}

test("one by one, up to the last chosen frame of each key frame", async () => {
  const { counts, frames } = make(plain);
  expect(await frames(3, 4, 5, 22)).toEqual([3, 4, 5, 22]);
  expect(counts).toEqual({ decoded: 6 + 3, open: 0, mostKept: 1 });
});

test("of frames that are handed over together one is kept, and the others are decoded again", async () => {
  const pairs = make({ ...plain, burst: 2 });
  expect(await pairs.frames(4, 7)).toEqual([4, 7]);
  expect(pairs.counts).toEqual({ decoded: 8, open: 0, mostKept: 1 });
  expect(await pairs.frames(4, 5)).toEqual([4, 5]);
  // One more packet brings both, and then it is once more up to the second.
  expect(pairs.counts).toEqual({ decoded: 8 + 7 + 6, open: 0, mostKept: 1 });
});

test("where the end of the decoder's work would bring two, further packets bring the first", async () => {
  const { counts, frames } = make({ ...plain, reorder: 3 });
  expect(await frames(5, 6, 7)).toEqual([5, 6, 7]);
  // All ten: the ninth brings frame 5, the tenth frame 6, and the end of the decoder's work frame 7.
  expect(counts).toEqual({ decoded: 10, open: 0, mostKept: 1 });
});

test("a time at which no frame begins has the frame before it, at the very start the one after it", async () => {
  const { counts, frames } = make({ ...plain, hidden: new Set([0, 4, 5, 15]) });
  expect(await frames(4, 9)).toEqual([3, 9]);
  expect(counts).toEqual({ decoded: 10 + 10, open: 0, mostKept: 1 });
  expect(await frames(0, 1, 4, 5, 6, 14, 15)).toEqual([1, 1, 3, 3, 6, 14, 14]);
  expect(counts).toMatchObject({ open: 0, mostKept: 1 });
});

test("a decoder that gives nothing is an error", async () => {
  const { counts, frames } = make({ ...plain, hidden: new Set([0, 1, 2, 3]) });
  await expect(frames(3)).rejects.toThrow("clip: no frame came out of the decoder for 0.000 s.");
  expect(counts.open).toBe(0);
  await expect(frames(3)).rejects.toSatisfy((error) => GlimpseError.isInstance(error, "invalid-clip"));
});

test("any frames of any video through any decoder: the right ones, one open at a time", async () => {
  const made = fc.record({
    count: fc.integer({ min: 1, max: 40 }),
    keyEvery: fc.integer({ min: 1, max: 20 }),
    reorder: fc.integer({ min: 1, max: 4 }),
    delay: fc.integer({ min: 0, max: 8 }),
    burst: fc.integer({ min: 1, max: 6 }),
    hidden: fc.uniqueArray(fc.nat(39), { maxLength: 3 }).map((frames) => new Set(frames)),
  });
  const times = fc.uniqueArray(fc.nat(39), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(made, times, async (video, drawn) => {
      const chosen = drawn.filter((time) => time < video.count).toSorted((a, b) => a - b);
      // Only VP8 has packets that show nothing, and it does not reorder. Key frames come out, as something has to.
      const hides = (time: number) => video.reorder === 1 && time % video.keyEvery !== 0;
      const hidden = new Set([...video.hidden].filter(hides));
      const { counts, frames } = make({ ...video, hidden });
      const shown = chosen.map((time) => {
        let at = time;
        while (hidden.has(at)) at--;
        return at;
      });
      expect(await frames(...chosen)).toEqual(shown);
      expect(counts.open).toBe(0);
      if (chosen.length > 0) expect(counts.mostKept).toBe(1);
      // At worst each frame is decoded on its own, once in vain.
      expect(counts.decoded).toBeLessThanOrEqual(chosen.length * 2 * (video.keyEvery + 16));
    }),
    { numRuns: 300 },
  );
});
