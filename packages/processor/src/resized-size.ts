// How large a picture becomes when it is resized: each way in which a size can be given in preprocessor_config.json.
// Reference: transformers 5.18, image_processing_backends.py (PilBackend.resize). Touches no pixels.
import type { PixelSize, ResizeTarget } from "@glimpsejs/config";

/** The size of a picture of `size` pixels after resizing to `target`; a side may be 0, which resize() refuses. */
export function resizedSize(size: PixelSize, target: ResizeTarget): PixelSize {
  if ("maxHeight" in target) {
    const scale = Math.min(target.maxHeight / size.height, target.maxWidth / size.width);
    return { height: Math.trunc(size.height * scale), width: Math.trunc(size.width * scale) };
  }
  if (!("shortestEdge" in target)) return target;
  const { shortestEdge, longestEdge } = target;
  const short = Math.min(size.width, size.height);
  const long = Math.max(size.width, size.height);
  if (longestEdge !== undefined && (long / short) * shortestEdge > longestEdge) {
    const exact = (longestEdge * short) / long;
    const rounded = roundHalfToEven(exact);
    // The reference leaves a picture alone whose shorter side is right already, however long the other one is.
    return rounded === short ? size : oriented(size, rounded, Math.trunc((exact * long) / short));
  }
  return oriented(size, shortestEdge, Math.trunc((shortestEdge * long) / short));
}

/** Shorter and longer side as width and height of a picture shaped like `size`. */
function oriented({ width, height }: PixelSize, short: number, long: number): PixelSize {
  return width <= height ? { width: short, height: long } : { width: long, height: short };
}

/** Python's round(). */
function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
