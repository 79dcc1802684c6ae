// Clips from where pages have them. Which frames are chosen and how they are decoded is the business of ../clip.
import { GlimpseError, show, throwIfAborted } from "@glimpsejs/base";
import type { Clip } from "../clip/clip.ts";
import { checkClipOptions, fileClip, type LoadClipOptions } from "../clip/load-clip.ts";
import type { MediaBytes } from "../clip/media.ts";
import { blobBytes, memoryBytes } from "../clip/media-bytes.ts";
import { isRawClip, pictureClip, type RawClip, rawClip } from "../clip/picture-clip.ts";
import type { WebCodecs } from "../clip/web-codecs.ts";
import { elementClip } from "./element-clip.ts";
import { type ImageSource, loadImage } from "./load-image.ts";
import { downloadFailed } from "./read-source.ts";
import { webClips } from "./web-clips.ts";

/**
 * Where {@link loadClip} finds frames: a URL, a Blob or File, or the bytes of a video or animated GIF; a `<video>` element;
 * a list of pictures (whatever loadImage() takes); or raw pixels [count, height, width, channels] in one array.
 */
export type ClipSource =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | HTMLVideoElement
  | readonly ImageSource[]
  | RawClip;

/** Options of {@link loadClip} in browsers. */
export interface WebClipOptions extends LoadClipOptions {
  /** What downloads URLs. Default the global fetch at the time of the call. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** WebCodecs' classes. Default the browser's. */
  readonly codecs?: WebCodecs | undefined;
}

/**
 * Opens a clip and chooses frames of it: MP4, MOV, WebM, MKV and GIF, in a page or a worker. A URL is downloaded whole, into
 * a Blob that the browser keeps; for the rest see loadClip() of `./node`, which gives the same frames with the same bytes
 * where the browser hands out planes. Throws GlimpseError "invalid-argument" (options), "download", "missing-package",
 * "invalid-clip" (no video, damaged, no frames, too short), "unsupported" (codec, no WebCodecs), "timeout", "aborted".
 *
 * @example
 * const clip = await loadClip(input.files[0], { frames: 6 });
 * for await (const { timestamp, width, height, data } of clip.frames()) …
 */
export async function loadClip(source: ClipSource, options: WebClipOptions = {}): Promise<Clip> {
  checkClipOptions(options, ["fetch", "codecs"]);
  const { signal, codecs } = options;
  throwIfAborted(signal, "clip");
  if (Array.isArray(source)) {
    return pictureClip(source, options, (input, signal) => loadImage(input as ImageSource, { signal }));
  }
  if (Object.prototype.toString.call(source) === "[object HTMLVideoElement]") {
    return elementClip(source as HTMLVideoElement, options);
  }
  const file = await openerOf(source, options);
  if (file !== undefined) return fileClip(file, options, webClips(codecs));
  if (isRawClip(source)) return rawClip(source, options);
  throw new GlimpseError(
    {
      subject: "clip",
      problem: "it is nothing that frames can be taken from",
      expected: "a URL, a Blob, the bytes of a file, a <video>, a list of pictures or { count, width, height, data }",
      got: show(source),
    },
    { code: "invalid-argument" },
  );
}

async function openerOf(
  source: ClipSource,
  options: WebClipOptions,
): Promise<{ readonly name: string; open(): Promise<MediaBytes> } | undefined> {
  // A file that somebody chose is known to them by its name.
  const name = (source instanceof File && source.name) || "clip";
  if (source instanceof Blob) return { name, open: async () => blobBytes(source) };
  if (source instanceof Uint8Array) return { name, open: async () => memoryBytes(source) };
  if (source instanceof ArrayBuffer) {
    // A detached buffer says that it has no bytes, but no view of it can be made.
    const bytes = source.byteLength === 0 ? new Uint8Array() : new Uint8Array(source);
    return { name, open: async () => memoryBytes(bytes) };
  }
  if (typeof source !== "string" && !(source instanceof URL)) return undefined;
  const url = String(source);
  const blob = await download(url, /^data:/i.test(url) ? "data: URL" : show(url, 200), options);
  return { name: show(url, 200), open: async () => blobBytes(blob) };
}

async function download(
  url: string,
  name: string,
  { fetch = globalThis.fetch, signal }: WebClipOptions,
): Promise<Blob> {
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (response.ok) return await response.blob();
    const got = `status ${response.status}`;
    throw new GlimpseError({ subject: name, problem: "the download failed", got }, { code: "download" });
  } catch (cause) {
    if (GlimpseError.isInstance(cause)) throw cause;
    throwIfAborted(signal, name);
    throw downloadFailed(name, cause);
  }
}
