// Pictures from where pages have them: files, URLs, elements, canvases, bitmaps, video frames. Files go to the decoder;
// what is decoded already is read as it is.
import { GlimpseError, type Problem, show, throwIfAborted } from "@glimpsejs/base";
import { type Picture, type PictureInput, toPicture } from "../picture.ts";
import { type BrowserDecoderOptions, browserDecoder } from "./browser-decoder.ts";
import { drawnPicture } from "./canvas-pixels.ts";
import { download, readBlob } from "./read-source.ts";

/**
 * Where {@link loadImage} finds a picture. Files: a URL (`http:`, `https:`, `data:`, `blob:`, or relative to the page), a
 * Blob or File, the bytes of a file. Elements: `<img>`, `<video>` at its current frame, `<canvas>`. Pixels:
 * OffscreenCanvas, ImageBitmap, VideoFrame, ImageData, `{ width, height, data }`.
 */
export type ImageSource =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | HTMLImageElement
  | HTMLVideoElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | ImageBitmap
  | VideoFrame
  | PictureInput;

/** Options of {@link loadImage}. */
export interface LoadImageOptions extends BrowserDecoderOptions {
  /** What downloads URLs. Default the global fetch at the time of the call. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Stops fetching and decoding; rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads and decodes one picture. Unlike Pillow's `Image.open` it turns the picture as its EXIF orientation says, unless
 * `applyOrientation` is false. The file of an `<img>` is fetched again, mostly from the browser's cache, so that nothing is
 * lost to colour management and alpha; where that fails, what the element shows is read. Alpha is dropped, not blended;
 * a canvas has mixed it into its colours already. Files of more than 512 MiB are refused unread. Nothing is closed: frames and
 * bitmaps stay the caller's. Throws, besides the decoder's errors, GlimpseError "download" and "invalid-argument".
 *
 * @example
 * const picture = await loadImage(document.querySelector("img"));
 */
export async function loadImage(source: ImageSource, options: LoadImageOptions = {}): Promise<Picture> {
  const { signal, fetch = globalThis.fetch } = options;
  const subject = sourceName(source);
  throwIfAborted(signal, subject);
  const decode = (bytes: Uint8Array) => browserDecoder(options)(bytes, { signal, name: subject });
  if (typeof source === "string" || source instanceof URL) {
    return decode(await download(String(source), subject, fetch, signal));
  }
  if (source instanceof Uint8Array) return decode(source);
  // A detached buffer says that it has no bytes, but no view of it can be made.
  if (source instanceof ArrayBuffer) return decode(source.byteLength === 0 ? new Uint8Array() : new Uint8Array(source));
  if (source instanceof Blob) return decode(await readBlob(source, subject));
  if (isA(source, "HTMLImageElement")) return imagePicture(source, subject, { ...options, fetch });
  const shown = drawable(source);
  if (shown !== undefined) return drawn(shown, subject, signal);
  if (typeof source === "object" && source !== null && "data" in source) return toPicture(source, subject);
  throw wrong({
    subject,
    problem: "it is nothing that can be decoded",
    expected: "a URL, a Blob, the bytes of a file, an image, video or canvas element, or pixels",
    got: show(source),
  });
}

/** The file behind an <img>, or what it shows. */
async function imagePicture(image: HTMLImageElement, subject: string, options: LoadImageOptions): Promise<Picture> {
  if (image.currentSrc !== "" || image.src !== "") {
    try {
      return await loadImage(image.currentSrc || image.src, options);
    } catch (error) {
      // A blob: URL that was revoked, a policy that lets pages show but not fetch, or a format of this browser only.
      if (GlimpseError.isInstance(error, "aborted")) throw error;
    }
  }
  await image.decode().catch((cause: unknown) => {
    const src = image.currentSrc || image.src;
    const problem =
      src === "" ? "the element has no src" : `the element shows no picture, as ${src} could not be loaded`;
    const advice = "Give it a src that the page shows.";
    throw new GlimpseError({ subject, problem, advice }, { code: "invalid-image", cause });
  });
  return drawn({ source: image, width: image.naturalWidth, height: image.naturalHeight }, subject, options.signal);
}

interface Drawable {
  readonly source: CanvasImageSource;
  readonly width: number;
  readonly height: number;
}

/** What can be painted, with its size in pixels. Classes are looked up by name: workers have no elements. */
function drawable(source: unknown): Drawable | undefined {
  if (isA(source, "HTMLVideoElement")) return { source, width: source.videoWidth, height: source.videoHeight };
  if (isA(source, "VideoFrame")) return { source, width: source.displayWidth, height: source.displayHeight };
  if (isA(source, "HTMLCanvasElement") || isA(source, "OffscreenCanvas") || isA(source, "ImageBitmap")) {
    return { source, width: source.width, height: source.height };
  }
  return undefined;
}

interface Classes {
  readonly HTMLImageElement: HTMLImageElement;
  readonly HTMLVideoElement: HTMLVideoElement;
  readonly HTMLCanvasElement: HTMLCanvasElement;
  readonly OffscreenCanvas: OffscreenCanvas;
  readonly ImageBitmap: ImageBitmap;
  readonly VideoFrame: VideoFrame;
}

/** By tag, which unlike instanceof also knows objects of other frames. */
function isA<K extends keyof Classes>(value: unknown, name: K): value is Classes[K] {
  return Object.prototype.toString.call(value) === `[object ${name}]`;
}

function drawn({ source, width, height }: Drawable, subject: string, signal: AbortSignal | undefined): Picture {
  if (width > 0 && height > 0) return drawnPicture(source, { width, height }, { subject, signal, opaque: false });
  throw new GlimpseError(
    {
      subject,
      problem: "there are no pixels yet, or no longer",
      expected: "a size of at least 1 x 1",
      got: `${width} x ${height}`,
      advice: "Wait until it is loaded, and pass it before it is closed.",
    },
    { code: "invalid-image" },
  );
}

/** How errors call the source; data: and blob: URLs say nothing to a reader. */
function sourceName(source: unknown): string {
  // A file that somebody chose is known to them by its name.
  if (source instanceof File && source.name !== "") return source.name;
  if (typeof source !== "string" && !(source instanceof URL)) return "picture";
  const scheme = /^(data|blob):/i.exec(String(source))?.[1];
  return scheme === undefined ? show(String(source), 200) : `${scheme.toLowerCase()}: URL`;
}

function wrong(problem: Problem): GlimpseError {
  return new GlimpseError(problem, { code: "invalid-argument" });
}
