// Texts about a live source: a window that slides over its newest frames. Knows no model; what encodes and describes
// frames is handed in.
import { GlimpseError, show } from "@glimpsejs/base";
import type { GitConfig } from "@glimpsejs/config";
import { checkFrameCount } from "../pixel-values.ts";
import type { LiveText, TextResult } from "../tasks.ts";
import type { FrameFeatures } from "./frame-features.ts";
import { closeFrame, Newest } from "./newest.ts";

/** What {@link liveTexts} is made of. */
export interface LiveParts {
  /** Most frames that a text is about. */
  readonly window: number;
  readonly signal: AbortSignal | undefined;
  /** Decodes and encodes one frame, which stays open. */
  encode(frame: unknown): Promise<FrameFeatures>;
  /** One text about frames, oldest first. */
  describe(frames: readonly FrameFeatures[]): Promise<TextResult>;
}

/** A text whenever there is a newer frame, until the source ends. Owns the frames; throws what the parts and it throw. */
export async function* liveTexts(
  source: AsyncIterable<unknown>,
  { window, signal, encode, describe }: LiveParts,
): AsyncGenerator<LiveText, void, undefined> {
  const newest = new Newest(source);
  const kept: { readonly index: number; readonly features: FrameFeatures }[] = [];
  try {
    for (let taken = await newest.next(signal); taken; taken = await newest.next(signal)) {
      const { frame, index, skipped } = taken;
      try {
        kept.push({ index, features: await encode(frame) });
      } finally {
        closeFrame(frame);
      }
      if (kept.length > window) kept.shift();
      const result = await describe(kept.map(({ features }) => features));
      yield { ...result, frames: kept.map((frame) => frame.index), skipped };
    }
  } finally {
    newest.stop();
  }
}

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
