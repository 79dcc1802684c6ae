// Whatever Node calls a picture: what loadImage() reads, pixels that are there already, or a VideoFrame.
import { GlimpseError, show } from "@glimpsejs/base";
import { isVideoFrame, pictureOfVideoFrame } from "../clip/video-frame.ts";
import { type Picture, type PictureInput, toPicture } from "../picture.ts";
import { isSource, loadImage } from "./load-image.ts";

/**
 * Decodes `input`: a path, URL, Blob or bytes of a file, `{ width, height, data }`, or a VideoFrame, which stays the
 * caller's. URLs over the network are refused: fetch them yourself and pass the bytes. Throws as those do, and
 * "invalid-argument" for what is no picture.
 */
export async function loadPicture(input: unknown, signal?: AbortSignal): Promise<Picture> {
  if (isSource(input)) return loadImage(input, { signal });
  if (isVideoFrame(input)) return pictureOfVideoFrame(input);
  if (isPixels(input)) return toPicture(input);
  throw new GlimpseError(
    {
      subject: "picture",
      problem: "it is nothing that can be decoded",
      expected: "a path, a URL, a Blob, the bytes of a file, { width, height, data } or a VideoFrame",
      got: typeof input === "object" && input !== null ? "another object" : show(input),
    },
    { code: "invalid-argument" },
  );
}

function isPixels(input: unknown): input is PictureInput {
  return typeof input === "object" && input !== null && "data" in input && "width" in input && "height" in input;
}
