// What stream() has to know before it begins with a live source: that it is one, and how many frames are seen at a time.
import { GlimpseError, show } from "@glimpsejs/base";
import type { GitConfig } from "@glimpsejs/config";
import { checkFrameCount } from "../pixel-values.ts";

/** Whether a subject is a source of frames that goes on. */
export function isLive(subject: unknown): subject is AsyncIterable<unknown> {
  return typeof subject === "object" && subject !== null && Symbol.asyncIterator in subject;
}

/** Frames that the model sees at a time. Throws "invalid-argument" for what it cannot. */
export function liveWindow(given: unknown, config: GitConfig): number {
  checkFrameCount(1, config); // which says what to do about a checkpoint for stills
  const most = config.numImageWithEmbedding ?? 0;
  if (given === undefined) return most;
  if (typeof given === "number" && Number.isInteger(given) && given >= 1 && given <= most) return given;
  throw new GlimpseError(
    { subject: 'option "window"', problem: "it is out of range", expected: `1 to ${most} frames`, got: show(given) },
    { code: "invalid-argument" },
  );
}
