// Clips of <video> elements, for what a page shows and cannot be read as a file: by seeking. An element does not tell its
// frames, so they are counted as 30 a second.
import { GlimpseError, show } from "@glimpsejs/base";
import { chooseFrames } from "../clip/choose-frames.ts";
import type { Clip } from "../clip/clip.ts";
import type { LoadClipOptions } from "../clip/load-clip.ts";
import { answer, type Patience } from "../clip/patience.ts";
import { loadImage } from "./load-image.ts";

const frameRate = 30;
const metadata = 1; // HAVE_METADATA
const longestUntilPresented = 200; // milliseconds

/**
 * The clip that an element plays. While its frames are read the element is paused and sought; afterwards it is where it
 * was. Throws "invalid-clip" for an element without an end (a camera: use stream()) or one that fails.
 */
export async function elementClip(video: HTMLVideoElement, options: LoadClipOptions): Promise<Clip> {
  const name = "video element";
  const { timeout = 30_000, signal } = options;
  if (video.readyState < metadata) await event(video, "loadedmetadata", { timeout, signal, name });
  const { duration } = video;
  if (!Number.isFinite(duration) || duration <= 0) {
    throw new GlimpseError(
      {
        subject: name,
        problem: "it has no end, so no frames can be chosen",
        got: `a duration of ${show(duration)}`,
        advice: "For a camera use git.stream().",
      },
      { code: "invalid-clip" },
    );
  }
  const count = Math.max(1, Math.round(duration * frameRate));
  const starts = Float64Array.from({ length: count }, (_, i) => i / frameRate);
  const indices = chooseFrames({ starts, end: duration }, options, name);
  return {
    name,
    indices,
    timestamps: indices.map((index) => index / frameRate),
    frameCount: count,
    duration,
    codec: "video element",
    async *frames({ signal } = {}) {
      const { currentTime, paused } = video;
      video.pause();
      try {
        for (const index of indices) {
          // The middle of the frame, since times of files are rounded.
          const arrived = Promise.all([event(video, "seeked", { timeout, signal, name }), presented(video)]);
          video.currentTime = Math.min(duration, (index + 0.5) / frameRate);
          await arrived;
          const { width, height, data } = await loadImage(video, { signal });
          yield { width, height, data, index, timestamp: index / frameRate };
        }
      } finally {
        video.currentTime = currentTime;
        if (!paused) await video.play().catch(() => undefined);
      }
    },
  };
}

/**
 * Waits until the element has a new frame to paint, which may be a moment after "seeked": until then it gives the frame
 * before, or nothing. A page that is not shown presents none, nor does an element that was there already.
 */
function presented(video: HTMLVideoElement): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, longestUntilPresented);
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(() => resolve());
  });
}

/** Waits for an event of the element; "invalid-clip" if it fails instead. */
function event(video: HTMLVideoElement, type: "loadedmetadata" | "seeked", patience: Patience): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  const happened = new Promise<void>((resolve, reject) => {
    video.addEventListener(type, () => resolve(), { signal });
    const fail = () => {
      const problem = "the element cannot play its video";
      const got = video.error?.message;
      reject(new GlimpseError({ subject: patience.name, problem, got }, { code: "invalid-clip" }));
    };
    video.addEventListener("error", fail, { signal });
    if (video.error !== null) fail();
  });
  return answer(happened, "the element", patience).finally(() => controller.abort());
}
