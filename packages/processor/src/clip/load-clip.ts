// The parts of loadClip() that every platform shares: its options, and which kind of clip a file is.
import { GlimpseError, nearestName, type Problem, show } from "@glimpsejs/base";
import { checkFrameOptions, type FrameOptions } from "./choose-frames.ts";
import type { Clip } from "./clip.ts";
import { isGif } from "./gif.ts";
import { gifClip } from "./gif-clip.ts";
import type { ClipPlatform } from "./media.ts";
import { answer } from "./patience.ts";
import type { PictureClipOptions } from "./picture-clip.ts";
import { type ClipFile, type ClipLimits, videoClip } from "./video-clip.ts";

/** Options of loadClip(). */
export interface LoadClipOptions extends FrameOptions, PictureClipOptions, ClipLimits {
  readonly signal?: AbortSignal | undefined;
}

const names = ["frames", "sampling", "frameRate", "maxPixels", "timeout", "signal"];

/** Throws one "invalid-argument" that lists everything wrong with the options; `more` are a platform's own. */
export function checkClipOptions(options: LoadClipOptions, more: readonly string[] = []): void {
  const known = [...names, ...more];
  const problems: Problem[] = Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      const advice = nearest === undefined ? `There are ${known.join(", ")}.` : `Did you mean "${nearest}"?`;
      return { subject: `option ${show(name)}`, problem: "there is no such option", advice };
    });
  for (const name of ["frameRate", "maxPixels", "timeout"] as const) {
    const value: unknown = options[name];
    if (value === undefined || (typeof value === "number" && value > 0 && value < 2 ** 31)) continue;
    problems.push({
      subject: `option "${name}"`,
      problem: "it is not usable",
      expected: "a number above 0",
      got: show(value),
    });
  }
  try {
    checkFrameOptions(options);
  } catch (error) {
    if (!GlimpseError.isInstance(error)) throw error;
    problems.push(...error.problems);
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
}

/** Largest GIF in bytes, since it is read whole. */
const maxGifBytes = 2 ** 29;

/** The clip of a file, a video or an animated GIF by its first bytes. */
export async function fileClip(file: ClipFile, options: LoadClipOptions, platform: ClipPlatform): Promise<Clip> {
  const gif = await gifBytes(file, options);
  return gif === undefined ? videoClip(file, options, platform) : gifClip(gif, file.name, options);
}

async function gifBytes(
  file: ClipFile,
  { timeout = 30_000, signal }: LoadClipOptions,
): Promise<Uint8Array | undefined> {
  const { name } = file;
  const bytes = await file.open();
  try {
    const read = (end: number) => answer(bytes.read(0, end), "the file", { timeout, signal, name });
    if (bytes.size === 0) {
      throw new GlimpseError({ subject: name, problem: "the file is empty" }, { code: "invalid-clip" });
    }
    if (!isGif(await read(Math.min(6, bytes.size)))) return undefined;
    if (bytes.size > maxGifBytes) {
      throw new GlimpseError(
        { subject: name, problem: "the animation is too large", expected: `at most ${maxGifBytes} bytes` },
        { code: "invalid-clip" },
      );
    }
    return (await read(bytes.size)).slice();
  } finally {
    await bytes.close();
  }
}
