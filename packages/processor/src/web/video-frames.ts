// The frames that a <video> element shows, as it shows them: of a camera or of a file that plays. What git.stream() takes.
import { throwIfAborted } from "@glimpsejs/base";

/**
 * Frames of `video` from now on, until it ends or its loop is left. Each is a VideoFrame of its own, for whoever takes it
 * to close (git.stream() does). It starts nothing: play the element, for a camera with its `srcObject` set. Throws
 * "aborted".
 *
 * @example
 * video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
 * await video.play();
 * for await (const { text } of git.stream(videoFrames(video))) caption.textContent = text;
 */
export async function* videoFrames(
  video: HTMLVideoElement,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<VideoFrame, void, undefined> {
  while (!video.ended) {
    throwIfAborted(signal, "video element");
    const seconds = await nextFrame(video, signal);
    throwIfAborted(signal, "video element");
    if (seconds === undefined) return;
    yield new VideoFrame(video, { timestamp: Math.round(seconds * 1e6) });
  }
}

/** The media time of the next frame once it is shown, or undefined when there is none any more. */
function nextFrame(video: HTMLVideoElement, signal: AbortSignal | undefined): Promise<number | undefined> {
  const controller = new AbortController();
  const once = { signal: controller.signal };
  return new Promise<number | undefined>((resolve) => {
    const handle = video.requestVideoFrameCallback((_, { mediaTime }) => resolve(mediaTime));
    for (const end of ["ended", "emptied", "error"]) video.addEventListener(end, () => resolve(undefined), once);
    signal?.addEventListener("abort", () => resolve(undefined), once);
    controller.signal.addEventListener("abort", () => video.cancelVideoFrameCallback(handle));
  }).finally(() => controller.abort());
}
