// Picture files to RGB in a browser, as close to Pillow's Image.open(file).convert("RGB") as the browser's own decoders
// are: exact for PNG, GIF and lossless WebP. Headers are read here first: sizes are judged before anything is decoded, and what
// a browser would act on by itself (profiles, EXIF, alpha) is taken out of the file or out of its hands.
import { GlimpseError, throwIfAborted } from "@glimpsejs/base";
import type { PixelSize } from "@glimpsejs/config";
import { avifHeader } from "../formats/avif-header.ts";
import { damaged, notRead } from "../formats/damaged.ts";
import { upright } from "../formats/exif.ts";
import { gifEnd, gifFrame, gifToRgb } from "../formats/gif-frame.ts";
import { jpegHeader } from "../formats/jpeg-header.ts";
import { type PictureFormat, pictureKind } from "../formats/picture-kind.ts";
import { type Inflate, pngHeader, pngToRgb } from "../formats/png.ts";
import { webpFrame } from "../formats/webp-frame.ts";
import type { Picture, PictureDecoder } from "../picture.ts";
import { maxPixels as pillowMaxPixels } from "../resize.ts";
import { drawnPicture, readStrips } from "./canvas-pixels.ts";
import { straightPicture } from "./straight-alpha.ts";

/** Options of {@link browserDecoder}. */
export interface BrowserDecoderOptions {
  /** Largest picture in pixels, judged by the header before anything is decoded. Default 178,956,970, as in Pillow. */
  readonly maxPixels?: number | undefined;
  /** Turn the picture as its EXIF orientation says. Default true; Pillow's `Image.open` does not. */
  readonly applyOrientation?: boolean | undefined;
}

interface Job {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly subject: string;
  readonly signal: AbortSignal | undefined;
  readonly maxPixels: number;
}

/** A picture as stored, and how it is meant to be turned. */
interface Decoded {
  readonly picture: Picture;
  readonly orientation: number;
}

/**
 * A decoder for JPEG, PNG, GIF, WebP and AVIF files; of an animation it gives the first frame. JPEG, lossy WebP and AVIF
 * are as the browser decodes them. The bytes are copied before use. Throws GlimpseError "invalid-image" (not a picture,
 * damaged, too large), "unsupported" (TIFF, AVIF of more than 8 bits, browsers that alter pixels) and
 * "aborted".
 */
export function browserDecoder(options: BrowserDecoderOptions = {}): PictureDecoder {
  const { maxPixels = pillowMaxPixels, applyOrientation = true } = options;
  return async (source, { signal, name: subject = "picture" } = {}) => {
    throwIfAborted(signal, subject);
    // A detached array has no slice(); one of shared memory could change, and no Blob can be made of it.
    const bytes = source.length === 0 ? new Uint8Array() : Uint8Array.from(source);
    const decode = decoders[formatOf(bytes, subject)];
    const { picture, orientation } = await decode({ bytes, subject, signal, maxPixels });
    throwIfAborted(signal, subject);
    return applyOrientation ? upright(picture, orientation) : picture;
  };
}

function formatOf(bytes: Uint8Array, subject: string): PictureFormat {
  const kind = pictureKind(bytes);
  if ("format" in kind) return kind.format;
  throw new GlimpseError(
    {
      subject,
      problem: "this is not a picture that can be decoded",
      expected: "JPEG, PNG, GIF, WebP or AVIF",
      got: kind.refused,
      advice: kind.advice,
    },
    { code: "invalid-image" },
  );
}

const decoders: Readonly<Record<PictureFormat, (job: Job) => Promise<Decoded>>> = {
  async png(job) {
    const header = pngHeader(job.bytes, job.subject);
    checkSize(header, job);
    const picture = await pngToRgb(header, inflate, job.subject, job.signal);
    return { picture, orientation: header.orientation };
  },
  async jpeg(job) {
    const { plain, orientation, ...size } = jpegHeader(job.bytes, job.subject);
    checkSize(size, job);
    return { picture: await decoded(plain, "image/jpeg", { size, hasAlpha: false }, job), orientation };
  },
  async gif(job) {
    const frame = gifFrame(job.bytes, job.subject);
    checkSize(frame, job);
    // Without the frames after the first, whose number is no concern of ours.
    const still = [job.bytes.subarray(0, gifEnd(job.bytes, frame, job.subject)), Uint8Array.of(0x3b)];
    const bitmap = await bitmapOf(still, "image/gif", job);
    try {
      const { width, height } = bitmap;
      const rgba = new Uint8Array(width * height * 4);
      readStrips(bitmap, { width, height }, { ...job, opaque: false }, (strip, row) => {
        rgba.set(strip, row * width * 4);
      });
      return { picture: gifToRgb(frame, rgba, width), orientation: 1 };
    } finally {
      bitmap.close();
    }
  },
  async webp(job) {
    const { width, height, frame, file, hasAlpha, orientation } = webpFrame(job.bytes, job.subject);
    checkSize({ width, height }, job);
    const picture = await decoded(file, "image/webp", { size: frame, hasAlpha }, job);
    return { picture: onCanvas(picture, frame, { width, height }), orientation };
  },
  async avif(job) {
    const { highDepth, hasAlpha, ...size } = avifHeader(job.bytes, job.subject);
    checkSize(size, job);
    if (highDepth) throw notRead(job.subject, "high dynamic range is not read", "8 bits per channel", "10 or 12 bits");
    // The box holds the size before the browser turns the picture, so the browser's word counts.
    const picture = await decoded([job.bytes], "image/avif", { hasAlpha }, job);
    return { picture, orientation: 1 };
  },
  async tiff({ subject }) {
    throw notRead(subject, "TIFF is not read in browsers", "JPEG, PNG, GIF, WebP or AVIF", "TIFF");
  },
};

function checkSize({ width, height }: PixelSize, { maxPixels, subject }: Job): void {
  if (width * height <= maxPixels) return;
  throw new GlimpseError(
    {
      subject,
      problem: "the picture is too large to decode",
      expected: `at most ${maxPixels} pixels`,
      got: `${width} x ${height}`,
      advice: "Raise maxPixels if it comes from a source that you trust.",
    },
    { code: "invalid-image" },
  );
}

/** The colours of a file; the browser's size must be `size` where that is given. */
async function decoded(
  parts: readonly Uint8Array<ArrayBuffer>[],
  type: string,
  { size, hasAlpha }: { readonly size?: PixelSize; readonly hasAlpha: boolean },
  job: Job,
): Promise<Picture> {
  const bitmap = await bitmapOf(parts, type, job);
  try {
    const { width, height } = bitmap;
    if (size !== undefined && (width !== size.width || height !== size.height)) {
      throw damaged(job.subject, `${width} x ${height} pixels in a file of ${size.width} x ${size.height}`);
    }
    if (hasAlpha) return await straightPicture(bitmap, job);
    return drawnPicture(bitmap, { width, height }, { ...job, opaque: true });
  } finally {
    bitmap.close();
  }
}

async function bitmapOf(
  parts: readonly Uint8Array<ArrayBuffer>[],
  type: string,
  { subject, signal }: Job,
): Promise<ImageBitmap> {
  try {
    const blob = new Blob([...parts], { type });
    const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    throwIfAborted(signal, subject);
    return bitmap;
  } catch (cause) {
    if (GlimpseError.isInstance(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw damaged(subject, `"${reason}" from the browser`, cause);
  }
}

/** A frame on a black canvas. */
function onCanvas(
  picture: Picture,
  { left, top }: { left: number; top: number },
  { width, height }: PixelSize,
): Picture {
  if (picture.width === width && picture.height === height) return picture;
  const data = new Uint8Array(width * height * 3);
  const stride = picture.width * 3;
  for (let y = 0; y < picture.height; y++) {
    data.set(picture.data.subarray(y * stride, (y + 1) * stride), ((top + y) * width + left) * 3);
  }
  return { width, height, data };
}

const inflate: Inflate = async function* (parts) {
  const blob = new Blob([...parts]);
  const reader = blob.stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
};
