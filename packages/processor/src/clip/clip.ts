// What a clip is here: frames that were chosen from a video, an animation or a list of pictures, and are decoded one at a
// time each time somebody asks. Holds no frames and no open file.
import type { Picture } from "../picture.ts";

/** One frame of a clip, upright, in packed RGB. */
export interface ClipFrame extends Picture {
  /** When it is shown, in seconds; the first frame of most files is at 0. */
  readonly timestamp: number;
  /** Its number among all frames of the source, in the order in which they are shown. */
  readonly index: number;
}

/** Frames chosen from a source. A plain value: nothing to dispose, usable any number of times. */
export interface Clip {
  /** How errors call it: its path or URL, or "clip". */
  readonly name: string;
  /** Numbers of the chosen frames among all frames of the source, ascending; repeated where the source has too few. */
  readonly indices: readonly number[];
  /** When they are shown, in seconds, in the same order. */
  readonly timestamps: readonly number[];
  /** Frames that the source has. */
  readonly frameCount: number;
  /** When its last frame ends, in seconds. */
  readonly duration: number;
  /** Format and codec: "avc1.64000b", "vp09.00.10.08", "gif", "pictures". */
  readonly codec: string;
  /**
   * Decodes the chosen frames, one after the other; every call decodes anew. One frame is in memory at a time, if the
   * caller keeps none. Leaving the loop frees the decoder. Throws GlimpseError "invalid-clip" (damaged, changed since),
   * "timeout", "aborted", and what the source throws.
   */
  frames(options?: { readonly signal?: AbortSignal | undefined }): AsyncGenerator<ClipFrame, void, undefined>;
}

/** Whether `value` is a {@link Clip}, from whichever copy of this package. */
export function isClip(value: unknown): value is Clip {
  return (
    typeof value === "object" &&
    value !== null &&
    "frames" in value &&
    typeof value.frames === "function" &&
    "timestamps" in value
  );
}
