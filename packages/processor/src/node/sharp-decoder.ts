// Picture files to RGB with sharp, to the same bytes as Pillow's Image.open(file).convert("RGB"): colour profiles are not
// applied, alpha is dropped, 16 bits become 8 Pillow's way. What would not come out the same is refused, except AVIF,
// whose chroma sharp and Pillow scale differently. sharp is an optional peer, loaded when the first picture is decoded.
import { GlimpseError, type Problem, show, throwIfAborted } from "@glimpsejs/base";
import type { PixelSize } from "@glimpsejs/config";
import type { Metadata, Sharp, SharpOptions } from "sharp";
import { type GifFrame, gifFrame, gifToRgb } from "../formats/gif-frame.ts";
import { type PictureFormat, pictureKind } from "../formats/picture-kind.ts";
import { cmykToRgb, grey16ToRgb } from "../formats/pillow-rgb.ts";
import type { Picture, PictureDecoder } from "../picture.ts";
import { maxPixels as pillowMaxPixels } from "../resize.ts";

/** The function that the package sharp exports; said by its shape, so that types check where sharp is not installed. */
export type SharpModule = (input: Uint8Array, options: object) => object;

type SharpFunction = (input: Uint8Array, options: SharpOptions) => Sharp;

/** Options of {@link sharpDecoder}. */
export interface SharpDecoderOptions {
  /** Largest picture in pixels, judged by the header before anything is decoded. Default 178,956,970, as in Pillow. */
  readonly maxPixels?: number | undefined;
  /** Turn the picture as its EXIF orientation says. Default true; Pillow's `Image.open` does so only with TIFF. */
  readonly applyOrientation?: boolean | undefined;
  /** Accept damaged and cut-off files, whose missing part is grey or black. Default false. */
  readonly allowTruncated?: boolean | undefined;
  /** The export of the package sharp, for callers that load it themselves. */
  readonly sharp?: SharpModule | undefined;
}

/**
 * A decoder for JPEG, PNG, GIF, WebP, TIFF and AVIF files; of an animation it gives the first frame. The bytes are copied
 * before use. Throws GlimpseError "invalid-image" (not a picture, damaged, too large), "unsupported" (a pixel format
 * that Pillow does not read, or reads otherwise), "missing-package" (sharp is not installed) and "aborted".
 */
export function sharpDecoder(options: SharpDecoderOptions = {}): PictureDecoder {
  checkOptions(options);
  const { maxPixels = pillowMaxPixels, applyOrientation = true, allowTruncated = false } = options;
  let loading: Promise<SharpFunction> | undefined;
  return async (source, { signal, name = "picture" } = {}) => {
    throwIfAborted(signal, name);
    // A copy, because sharp reads on another thread and the caller may go on writing; a detached array has no slice().
    const bytes = source.length === 0 ? source : source.slice();
    const format = pictureFormat(bytes, name);
    loading ??= options.sharp === undefined ? importSharp() : Promise.resolve(options.sharp as SharpFunction);
    const sharp = await loading;
    const image = sharp(bytes, {
      autoOrient: applyOrientation || format === "tiff",
      // "truncated" would let an uncompressed TIFF pass that was cut short
      failOn: allowTruncated ? "none" : "error",
      ignoreIcc: true,
      limitInputPixels: false, // checked below, where the error can name the limit
      limitInputChannels: false,
    });
    const metadata = await readable(image.metadata(), name);
    throwIfAborted(signal, name);
    const frame = format === "gif" ? gifFrame(bytes, name) : undefined;
    for (const size of [metadata, frame]) if (size !== undefined) checkSize(size, maxPixels, name);
    checkPixelFormat(metadata, format, name);
    const picture = await readable(frame ? gifPicture(image, frame) : toRgb(image, metadata, bytes), name);
    throwIfAborted(signal, name);
    return picture;
  };
}

function pictureFormat(bytes: Uint8Array, subject: string): PictureFormat {
  const kind = pictureKind(bytes);
  if ("format" in kind) return kind.format;
  throw new GlimpseError(
    {
      subject,
      problem: "this is not a picture that can be decoded",
      expected: "JPEG, PNG, GIF, WebP, TIFF or AVIF",
      got: kind.refused,
      advice: kind.advice,
    },
    { code: "invalid-image" },
  );
}

async function importSharp(): Promise<SharpFunction> {
  try {
    return (await import("sharp")).default;
  } catch (cause) {
    throw new GlimpseError(
      {
        subject: "sharp",
        problem: "the package that decodes pictures could not be loaded",
        advice: 'Install it with "npm install sharp", or pass decoded pixels.',
      },
      { code: "missing-package", cause },
    );
  }
}

/** The result of a call to sharp, its failure as a typed error. */
async function readable<T>(work: Promise<T>, subject: string): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    throw new GlimpseError(
      { subject, problem: "the picture is damaged, cut off or of an unknown kind", got: `"${reason}" from sharp` },
      { code: "invalid-image", cause },
    );
  }
}

function checkSize({ width, height }: PixelSize, maxPixels: number, subject: string): void {
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

/** Depth and channels, alpha included, of the colour spaces that are read, by libvips' names. */
const pixelFormats: Readonly<Record<string, readonly string[]>> = {
  "b-w": ["uchar x 1", "uchar x 2"],
  srgb: ["uchar x 3", "uchar x 4"],
  cmyk: ["uchar x 4"],
  grey16: ["ushort x 1", "ushort x 2"],
  rgb16: ["ushort x 3", "ushort x 4"],
};

function checkPixelFormat(metadata: Metadata, format: PictureFormat, subject: string): void {
  const { space = "", depth, channels, bitsPerSample = 8 } = metadata;
  const known = pixelFormats[space]?.includes(`${depth} x ${channels}`) === true;
  // Pillow reads 16-bit grey with alpha from PNG only.
  if (!known || (format === "tiff" && space === "grey16" && channels === 2)) {
    const got = `${channels} channels of type ${depth} in the colour space "${space}"`;
    throw unsupported({
      subject,
      problem: "this pixel format is not read",
      expected: "grey, RGB or CMYK of 8 or 16 bits",
      got,
    });
  }
  if (format === "avif" && bitsPerSample > 8) {
    const got = `${bitsPerSample} bits`;
    throw unsupported({ subject, problem: "high dynamic range is not read", expected: "8 bits per channel", got });
  }
}

function unsupported(problem: Problem): GlimpseError {
  return new GlimpseError({ ...problem, advice: "Convert it to an 8-bit PNG first." }, { code: "unsupported" });
}

async function gifPicture(image: Sharp, frame: GifFrame): Promise<Picture> {
  const { data, width } = await raw(image.ensureAlpha());
  return gifToRgb(frame, data, width);
}

/** Lets sharp convert only where its result is Pillow's; the rest is taken as stored and converted here. */
async function toRgb(image: Sharp, { space, format }: Metadata, bytes: Uint8Array): Promise<Picture> {
  if (space === "cmyk") {
    const { data, ...size } = await raw(image.pipelineColourspace("cmyk").toColourspace("cmyk"));
    return { ...size, data: cmykToRgb(data) };
  }
  // Byte 25 of a PNG is its colour type, 4 with alpha samples: Pillow scales those 16 bits down, but clips plain grey.
  if (space === "grey16" && !(format === "png" && bytes[25] === 4)) {
    const { data, ...size } = await raw(
      image.removeAlpha().pipelineColourspace("grey16").toColourspace("grey16"),
      "ushort",
    );
    return { ...size, data: grey16ToRgb(data) };
  }
  return raw(image.removeAlpha());
}

/** The samples of the picture as sharp holds them, and its size after orientation. */
async function raw(image: Sharp, depth: "uchar" | "ushort" = "uchar"): Promise<Picture> {
  const { data, info } = await image.raw({ depth }).toBuffer({ resolveWithObject: true });
  // A plain view: slice() of a Buffer shares memory, that of a Uint8Array copies.
  return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

function checkOptions(options: SharpDecoderOptions): void {
  if (typeof options !== "object" || options === null) {
    const problem = { subject: "decoder options", problem: "they are no object", got: show(options) };
    throw new GlimpseError(problem, { code: "invalid-argument" });
  }
  const { maxPixels, applyOrientation, allowTruncated } = options;
  const problems: Problem[] = [];
  // Anything else would pass every comparison with the size of a picture.
  if (maxPixels !== undefined && !(typeof maxPixels === "number" && maxPixels > 0)) {
    const subject = 'option "maxPixels"';
    problems.push({ subject, problem: "the value is wrong", expected: "a number above 0", got: show(maxPixels) });
  }
  for (const [name, value] of Object.entries({ applyOrientation, allowTruncated })) {
    if (value === undefined || typeof value === "boolean") continue;
    const subject = `option "${name}"`;
    problems.push({ subject, problem: "the value is wrong", expected: "true or false", got: show(value) });
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
}
