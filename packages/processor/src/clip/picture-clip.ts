// Clips of pictures that are there already: a list of them, or one array of raw pixels. Frames are chosen as from a video
// with a constant frame rate; the platform decodes each when its turn comes.
import { GlimpseError, type Problem, show, throwIfAborted } from "@glimpsejs/base";
import { type Picture, type RawImage, toPicture } from "../picture.ts";
import { chooseFrames, type FrameOptions } from "./choose-frames.ts";
import type { Clip } from "./clip.ts";

/** The uncompressed frames of a clip in one array, as numpy stores [frames, height, width, channels]. */
export interface RawClip extends RawImage {
  /** How many frames `data` holds, one after the other. */
  readonly count: number;
}

/** Options of clips without times of their own. */
export interface PictureClipOptions extends FrameOptions {
  /** Pictures a second. Default 1. */
  readonly frameRate?: number | undefined;
}

/** Decodes whatever a platform calls a picture. */
export type PictureLoader = (input: unknown, signal: AbortSignal | undefined) => Promise<Picture>;

/** The clip of a list of pictures. Throws "invalid-argument" for an empty list. */
export function pictureClip(pictures: readonly unknown[], options: PictureClipOptions, load: PictureLoader): Clip {
  if (pictures.length === 0) {
    throw new GlimpseError(
      { subject: "clip", problem: "there are no pictures in it", expected: "at least one" },
      { code: "invalid-argument" },
    );
  }
  return clipOf([...pictures], options, load);
}

/** The clip of an array of raw pixels. Throws "invalid-image" listing everything wrong with its shape. */
export function rawClip(raw: RawClip, options: PictureClipOptions): Clip {
  const { count, data, ...shape } = raw;
  const length = data.length / count;
  const problems: Problem[] = [];
  if (!Number.isInteger(count) || count < 1) {
    problems.push({
      subject: "clip",
      problem: "the count of frames is not usable",
      expected: "1 or more",
      got: show(count),
    });
  } else if (!Number.isInteger(length)) {
    problems.push({
      subject: "clip",
      problem: "the data cannot be cut into frames",
      expected: `a multiple of ${count}`,
      got: String(data.length),
    });
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-image" });
  const frame = (i: number): RawImage => ({ ...shape, data: data.subarray(i * length, (i + 1) * length) });
  toPicture(frame(0), "clip");
  return clipOf(
    Array.from({ length: count }, (_, i) => i),
    options,
    async (i) => toPicture(frame(Number(i)), "clip"),
  );
}

/** Whether `value` is a {@link RawClip}. */
export function isRawClip(value: unknown): value is RawClip {
  return typeof value === "object" && value !== null && "data" in value && "width" in value && "count" in value;
}

function clipOf(inputs: readonly unknown[], options: PictureClipOptions, load: PictureLoader): Clip {
  const { frameRate = 1 } = options;
  const starts = inputs.map((_, i) => i / frameRate);
  const duration = inputs.length / frameRate;
  const indices = chooseFrames({ starts, end: duration }, options, "clip");
  return {
    name: "clip",
    indices,
    timestamps: indices.map((index) => starts[index] ?? 0),
    frameCount: inputs.length,
    duration,
    codec: "pictures",
    async *frames({ signal } = {}) {
      for (const index of indices) {
        throwIfAborted(signal, "clip");
        const { width, height, data } = await load(inputs[index], signal);
        yield { width, height, data, timestamp: starts[index] ?? 0, index };
      }
    },
  };
}
