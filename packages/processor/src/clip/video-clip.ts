// Clips of video files: their frames' times are listed, some are chosen, and those are decoded when somebody asks. The
// file is open only while it is read.
import { GlimpseError, throwIfAborted } from "@glimpsejs/base";
import type { PixelSize } from "@glimpsejs/config";
import { maxPixels as pillowMaxPixels } from "../resize.ts";
import { chooseFrames, type FrameOptions } from "./choose-frames.ts";
import type { Clip } from "./clip.ts";
import { decodeFrames } from "./decode-frames.ts";
import type { ClipPlatform, MediaBytes, VideoTrack } from "./media.ts";
import { answer, type Patience } from "./patience.ts";
import { upright } from "./turn.ts";
import { pictureOfVideoFrame } from "./video-frame.ts";

/** A file that can be opened any number of times. */
export interface ClipFile {
  /** How errors call it. */
  readonly name: string;
  open(): Promise<MediaBytes>;
}

/** Limits of loadClip(). */
export interface ClipLimits {
  /** Largest frame in pixels. Default 178,956,970, as for pictures. */
  readonly maxPixels?: number | undefined;
  /** Milliseconds without an answer of the file or the decoder after which it is given up. Default 30,000. */
  readonly timeout?: number | undefined;
}

/** Throws "invalid-clip" for frames of more than `maxPixels`. */
export function checkSize({ width, height }: PixelSize, maxPixels: number, subject: string): void {
  if (width * height <= maxPixels) return;
  throw new GlimpseError(
    {
      subject,
      problem: "the frames are too large to decode",
      expected: `at most ${maxPixels} pixels`,
      got: `${width} x ${height}`,
      advice: "Raise maxPixels if it comes from a source that you trust.",
    },
    { code: "invalid-clip" },
  );
}

/** More frames than this, 19 hours at 30 a second, are a mistake or an attack. */
const mostFrames = 2 ** 21;

/** The clip of a video file. Throws "invalid-clip", "invalid-argument", "unsupported", "timeout", "aborted". */
export async function videoClip(
  file: ClipFile,
  options: FrameOptions & ClipLimits & { readonly signal?: AbortSignal | undefined },
  platform: ClipPlatform,
): Promise<Clip> {
  const { name } = file;
  const { timeout = 30_000, maxPixels = pillowMaxPixels } = options;
  const { codec, starts, end } = await survey(file, platform, { timeout, name, signal: options.signal }, maxPixels);
  const seconds = starts.map((time) => time / 1e6);
  const indices = chooseFrames({ starts: seconds, end: end / 1e6 }, options, name);
  const times = indices.map((index) => starts[index] ?? 0);
  const timestamps = times.map((time) => time / 1e6);
  return {
    name,
    indices,
    timestamps,
    frameCount: starts.length,
    duration: end / 1e6,
    codec,
    async *frames({ signal } = {}) {
      const patience = { timeout, name, signal };
      const codecs = await platform.codecs();
      const { track, close } = await openFile(file, platform, patience);
      try {
        // A frame that is there twice is decoded once.
        const chosen = times.flatMap((time, i) => (time === times[i - 1] ? [] : [{ time, index: indices[i] ?? 0 }]));
        let at = 0;
        for await (const frame of decodeFrames(track, chosen, codecs, patience)) {
          const decoded =
            frame.format === null && platform.draw !== undefined
              ? platform.draw(frame, name)
              : await answer(
                  pictureOfVideoFrame(frame, { subject: name, colorSpace: colorSpaceOf(track) }),
                  "the decoder",
                  patience,
                );
          frame.close();
          const picture = upright(decoded, track);
          const time = times[at];
          for (; at < times.length && times[at] === time; at++) {
            yield { ...picture, timestamp: timestamps[at] ?? 0, index: indices[at] ?? 0 };
          }
        }
      } finally {
        await close();
      }
    },
  };
}

/** What is to be known of a video before frames are chosen. */
async function survey(file: ClipFile, platform: ClipPlatform, patience: Patience, maxPixels: number) {
  const { track, close } = await openFile(file, platform, patience);
  try {
    const { codec, codedWidth = 1, codedHeight = 1 } = track.config;
    checkSize({ width: codedWidth, height: codedHeight }, maxPixels, file.name);
    return { codec, ...(await listTimes(track, file.name, patience.signal)) };
  } finally {
    await close();
  }
}

/** What the file says of colours where it says something; decoders of some browsers guess. */
function colorSpaceOf({ config: { colorSpace } }: VideoTrack) {
  return colorSpace?.matrix == null ? undefined : colorSpace;
}

/** Opens the file and its video track, every read under `patience`. Close it. */
async function openFile(
  file: ClipFile,
  platform: ClipPlatform,
  patience: Patience,
): Promise<{ readonly track: VideoTrack; close(): Promise<void> }> {
  const openTrack = await platform.demuxer();
  throwIfAborted(patience.signal, file.name);
  const bytes = await file.open();
  try {
    const patient: MediaBytes = {
      size: bytes.size,
      read: (start, end) => answer(bytes.read(start, end), "the file", patience),
      close: () => bytes.close(),
    };
    const track = await answer(openTrack(patient, file.name), "the file", patience);
    return {
      track,
      async close() {
        track.dispose();
        await bytes.close();
      },
    };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

/** When the frames are shown, ascending, in microseconds, and when the last one ends. Frames of one time are one frame. */
async function listTimes(
  track: VideoTrack,
  name: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly starts: Float64Array; readonly end: number }> {
  let times = new Float64Array(1024);
  let count = 0;
  let lastEnd = 0;
  await track.times((start, end) => {
    throwIfAborted(signal, name);
    // What is before the start of the presentation is there to be decoded, not to be shown.
    if (!(start >= 0) || !Number.isFinite(end)) return true;
    if (count === times.length) {
      const larger = new Float64Array(2 * count);
      larger.set(times);
      times = larger;
    }
    times[count++] = start;
    lastEnd = Math.max(lastEnd, end);
    return count <= mostFrames;
  });
  if (count === 0) {
    throw new GlimpseError({ subject: name, problem: "the video has no frames" }, { code: "invalid-clip" });
  }
  if (count > mostFrames) {
    throw new GlimpseError(
      { subject: name, problem: "the video has too many frames", expected: `at most ${mostFrames}`, advice: "Cut it." },
      { code: "invalid-clip" },
    );
  }
  const sorted = times.subarray(0, count).sort();
  return { starts: sorted.filter((time, i) => i === 0 || time !== sorted[i - 1]), end: lastEnd };
}
