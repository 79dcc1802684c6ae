// Videos for tests, made on the spot: drawn, encoded with @napi-rs/webcodecs and put into a container with mediabunny.
import { VideoEncoder, VideoFrame } from "@napi-rs/webcodecs";
import {
  BufferTarget,
  EncodedPacket,
  EncodedVideoPacketSource,
  MkvOutputFormat,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
  WebMOutputFormat,
} from "mediabunny";

/** What a test's video is like. */
export interface ClipRecipe {
  readonly codec: "avc" | "vp9" | "vp8";
  readonly container: "mp4" | "mov" | "webm" | "mkv";
  readonly width?: number;
  readonly height?: number;
  /** When each frame is shown, in seconds. */
  readonly times: readonly number[];
  /** A key frame every so many frames. Default: only the first. */
  readonly keyEvery?: number;
  readonly rotation?: 0 | 90 | 180 | 270;
  /** Red, green and blue of a pixel. Default {@link drawing}. */
  readonly draw?: (index: number, x: number, y: number) => readonly [number, number, number];
}

/** `count` times at `rate` frames a second. */
export function steadyTimes(count: number, rate = 30): number[] {
  return Array.from({ length: count }, (_, i) => i / rate);
}

/** A slow gradient with a square that moves to the right, 8 pixels a frame. */
export function drawing(index: number, x: number, y: number): [number, number, number] {
  const left = (index * 8) % 96;
  if (x >= left && x < left + 32 && y >= 32 && y < 64) return [220, 40, 30 + 4 * (index % 32)];
  return [40 + x, 60 + y, 150 + ((5 * index) % 64)];
}

/** The bytes of the file. */
export async function makeClip(recipe: ClipRecipe): Promise<Uint8Array<ArrayBuffer>> {
  return pack(await encode(recipe), recipe);
}

/** Packets of a video in a container. */
export async function pack(
  packets: readonly Encoded[],
  { container, codec, rotation = 0 }: Pick<ClipRecipe, "container" | "codec" | "rotation">,
): Promise<Uint8Array<ArrayBuffer>> {
  const format = {
    mp4: () => new Mp4OutputFormat({ fastStart: "in-memory" }),
    mov: () => new MovOutputFormat({ fastStart: "in-memory" }),
    webm: () => new WebMOutputFormat(),
    mkv: () => new MkvOutputFormat(),
  }[container]();
  const target = new BufferTarget();
  const output = new Output({ format, target });
  const source = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(source, { rotation });
  await output.start();
  for (const { packet, meta } of packets) await source.add(packet, meta);
  await output.finalize();
  return new Uint8Array(target.buffer ?? new ArrayBuffer(0));
}

/** A packet, and what the decoder is to be told where that changes. */
export interface Encoded {
  readonly packet: EncodedPacket;
  readonly meta?: Parameters<EncodedVideoPacketSource["add"]>[1];
}

/** The packets of a video, in the order in which they are decoded. */
export async function encode(recipe: Omit<ClipRecipe, "container" | "rotation">): Promise<readonly Encoded[]> {
  const { codec, width = 128, height = 96, times, keyEvery = times.length, draw = drawing } = recipe;
  const packets: Encoded[] = [];
  let failure: unknown;
  const encoder = new VideoEncoder({
    output(chunk, meta) {
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      const at = times.findIndex((time) => Math.round(time * 1e6) === chunk.timestamp);
      const start = times[at] ?? 0;
      const packet = new EncodedPacket(
        data,
        chunk.type === "key" ? "key" : "delta",
        start,
        (times[at + 1] ?? start + 1 / 30) - start,
      );
      packets.push(meta?.decoderConfig ? { packet, meta: meta as NonNullable<Encoded["meta"]> } : { packet });
    },
    error: (error) => {
      failure = error;
    },
  });
  encoder.configure({
    codec: { avc: "avc1.64001f", vp9: "vp09.00.10.08", vp8: "vp8" }[codec],
    width,
    height,
    bitrate: 4_000_000,
    framerate: 30,
    ...(codec === "avc" && { avc: { format: "avc" } }),
  });
  for (const [i, time] of times.entries()) {
    const timestamp = Math.round(time * 1e6);
    const frame = new VideoFrame(
      toI420(width, height, (x, y) => draw(i, x, y)),
      {
        format: "I420",
        codedWidth: width,
        codedHeight: height,
        timestamp,
        colorSpace: { primaries: "smpte170m", transfer: "smpte170m", matrix: "smpte170m", fullRange: false },
      },
    );
    encoder.encode(frame, { keyFrame: i % keyEvery === 0 });
    frame.close();
  }
  await encoder.flush();
  encoder.close();
  if (failure !== undefined) throw failure;
  return packets;
}

/** The same packets over and over, `seconds` apart; the first of them is a key frame. */
export function repeated(packets: readonly Encoded[], times: number, seconds: number): readonly Encoded[] {
  return Array.from({ length: times }, (_, i) =>
    packets.map(({ packet, meta }) => {
      const later = packet.clone({ timestamp: packet.timestamp + i * seconds });
      return meta === undefined ? { packet: later } : { packet: later, meta };
    }),
  ).flat();
}

/** Y'CbCr of ITU-R BT.601 in limited range; four pixels share the colour of the first. */
function toI420(
  width: number,
  height: number,
  draw: (x: number, y: number) => readonly [number, number, number],
): Uint8Array {
  const data = new Uint8Array((width * height * 3) / 2);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [r, g, b] = draw(x, y);
      const luma = 0.299 * r + 0.587 * g + 0.114 * b;
      data[y * width + x] = Math.round(16 + (219 / 255) * luma);
      if (x % 2 === 1 || y % 2 === 1) continue;
      const at = width * height + (y / 2) * (width / 2) + x / 2;
      data[at] = Math.round(128 + ((224 / 255) * (b - luma)) / 1.772);
      data[at + (width * height) / 4] = Math.round(128 + ((224 / 255) * (r - luma)) / 1.402);
    }
  }
  return data;
}
