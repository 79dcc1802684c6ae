// Texts about a live source: a window that slides over its newest frames. Knows no model; what encodes and describes
// frames is handed in.
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
