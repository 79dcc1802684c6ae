// How many frames of a live source are seen at a time.
import { GlimpseError, show } from "@glimpsejs/base";
import type { GitConfig } from "@glimpsejs/config";
import { checkFrameCount } from "../pixel-values.ts";

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
