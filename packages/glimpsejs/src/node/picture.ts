// Whatever Node calls a picture, decoded: a path, URL, Blob or bytes, or pixels that are there already.
import { GlimpseError } from "@glimpsejs/base";
import { type Picture, type PictureInput, toPicture } from "@glimpsejs/processor";
import { loadImage } from "@glimpsejs/processor/node";

/** Decodes `input`. URLs over the network are refused: fetch them yourself and pass the bytes. */
export async function picture(input: unknown, signal: AbortSignal | undefined): Promise<Picture> {
  const isSource =
    typeof input === "string" ||
    input instanceof URL ||
    input instanceof Uint8Array ||
    input instanceof ArrayBuffer ||
    input instanceof Blob;
  if (isSource) return loadImage(input, { signal });
  if (isPixels(input)) return toPicture(input);
  throw new GlimpseError(
    {
      subject: "picture",
      problem: "it is nothing that can be decoded",
      expected: "a path, a URL, a Blob, the bytes of a file, or { width, height, data }",
      got: input === null ? "null" : typeof input,
    },
    { code: "invalid-argument" },
  );
}

function isPixels(input: unknown): input is PictureInput {
  return typeof input === "object" && input !== null && "data" in input && "width" in input && "height" in input;
}
