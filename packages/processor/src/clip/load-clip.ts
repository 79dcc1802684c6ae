// The parts of loadClip() that every platform shares: its options, and which kind of clip a file is.
import { GlimpseError, nearestName, type Problem, show } from "@glimpsejs/base";
import { pictureKind } from "../formats/picture-kind.ts";
import { checkFrameOptions, type FrameOptions } from "./choose-frames.ts";
import type { Clip } from "./clip.ts";
import { gifClip } from "./gif-clip.ts";
import type { ClipPlatform } from "./media.ts";
import { answer } from "./patience.ts";
import type { PictureClipOptions } from "./picture-clip.ts";
import { type ClipFile, type ClipLimits, videoClip } from "./video-clip.ts";

/** Options of loadClip(). */
export interface LoadClipOptions extends FrameOptions, PictureClipOptions, ClipLimits {
  /** Stops reading and choosing; rejects with "aborted". Frames have a signal of their own. */
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

/** Whether a file that begins with `head` (256 bytes, where there are) is a video or a GIF; a GIF may hold one picture only. */
export function clipKind(head: Uint8Array): "video" | "gif" | undefined {
  const kind = pictureKind(head);
  if ("format" in kind) return kind.format === "gif" ? "gif" : undefined;
  // Movies of before 2001 begin with no box that says what they are.
  const box = String.fromCharCode(...head.subarray(4, 8));
  return kind.refused === "a video" || /^(moov|mdat|wide|free|skip|pnot)$/.test(box) ? "video" : undefined;
}

/** The clip of a file, a video or an animated GIF by its first bytes. */
export async function fileClip(file: ClipFile, options: LoadClipOptions, platform: ClipPlatform): Promise<Clip> {
  const gif = await gifBytes(file, options);
  return gif === undefined ? videoClip(file, options, platform) : gifClip(gif, file.name, options);
}

/** The whole file if it is a GIF, undefined if it may be a video. Throws "invalid-clip" for anything else. */
async function gifBytes(
  file: ClipFile,
  { timeout = 30_000, signal }: LoadClipOptions,
): Promise<Uint8Array | undefined> {
  const { name } = file;
  const bytes = await file.open();
  try {
    const read = (end: number) => answer(bytes.read(0, end), "the file", { timeout, signal, name });
    const head = bytes.size === 0 ? new Uint8Array() : await read(Math.min(256, bytes.size));
    const kind = clipKind(head);
    if (kind === "video") return undefined;
    if (kind === undefined) throw noClip(head, name);
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

function noClip(head: Uint8Array, subject: string): GlimpseError {
  const kind = pictureKind(head);
  const what =
    "format" in kind
      ? { got: `a ${kind.format.toUpperCase()} picture`, advice: "Pass it as a picture." }
      : { got: kind.refused, advice: kind.advice };
  return new GlimpseError(
    { subject, problem: "this is no clip that can be read", expected: "MP4, MOV, WebM, MKV or GIF", ...what },
    { code: "invalid-clip" },
  );
}
