// Clips of animated GIFs: like those of videos, but the file is read whole, since each frame is drawn on those before.
import { throwIfAborted } from "@glimpsejs/base";
import { maxPixels as pillowMaxPixels } from "../resize.ts";
import { chooseFrames, type FrameOptions } from "./choose-frames.ts";
import type { Clip } from "./clip.ts";
import { gifPictures, readGif } from "./gif.ts";
import { type ClipLimits, checkSize } from "./video-clip.ts";

/** More frames than this are an attack: an hour at 20 a second. */
const mostFrames = 72_000;

/** The clip of the bytes of a GIF. Throws "invalid-clip", "invalid-argument". */
export function gifClip(bytes: Uint8Array, name: string, options: FrameOptions & ClipLimits): Clip {
  const { maxPixels = pillowMaxPixels } = options;
  const gif = readGif(bytes, mostFrames, name);
  checkSize(gif, maxPixels, name);
  const { starts, end } = gif;
  const indices = chooseFrames(gif, options, name);
  const timestamps = indices.map((index) => starts[index] ?? 0);
  return {
    name,
    indices,
    timestamps,
    frameCount: starts.length,
    duration: end,
    codec: "gif",
    async *frames({ signal } = {}) {
      let at = 0;
      let unpacked = 0;
      for (const picture of gifPictures(gif, indices, name)) {
        if (++unpacked % 16 === 0) await new Promise((resolve) => setTimeout(resolve)); // lets a signal come through
        throwIfAborted(signal, name);
        if (picture === undefined) continue;
        const index = indices[at];
        for (; at < indices.length && indices[at] === index; at++) {
          yield { ...picture, timestamp: timestamps[at] ?? 0, index: indices[at] ?? 0 };
        }
      }
    },
  };
}
