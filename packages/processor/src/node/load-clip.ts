// Clips from where callers in Node have them. Which frames are chosen and how they are decoded is the business of ../clip.
import { GlimpseError, show, throwIfAborted } from "@glimpsejs/base";
import type { Clip } from "../clip/clip.ts";
import { checkClipOptions, fileClip, type LoadClipOptions } from "../clip/load-clip.ts";
import type { MediaBytes } from "../clip/media.ts";
import { blobBytes, memoryBytes } from "../clip/media-bytes.ts";
import { isRawClip, pictureClip, type RawClip, rawClip } from "../clip/picture-clip.ts";
import type { WebCodecs } from "../clip/web-codecs.ts";
import { fileBytes } from "./file-bytes.ts";
import { type ImageSource, isSource, pathOfSource, readSource, sourceName } from "./load-image.ts";
import { loadPicture } from "./load-picture.ts";
import { nodeClips } from "./node-clips.ts";

/**
 * Where {@link loadClip} finds frames: a path, a `file:` or `data:` URL, a Blob or the bytes of a video or animated GIF; a
 * list of pictures (paths, bytes, raw pixels, VideoFrames …); or raw pixels [count, height, width, channels] in one array.
 */
export type ClipSource = ImageSource | readonly unknown[] | RawClip;

/** Options of {@link loadClip} in Node. */
export interface NodeClipOptions extends LoadClipOptions {
  /** What downloads `http:` and `https:` URLs, whole. Without it they are refused. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** WebCodecs' classes. Default: those of the package @napi-rs/webcodecs. */
  readonly codecs?: WebCodecs | undefined;
}

/**
 * Opens a clip and chooses frames of it: MP4, MOV, WebM, MKV and GIF. Nothing is decoded before `clip.frames()` is read,
 * and then only what the chosen frames need. Frames are turned as the file's rotation says. Throws GlimpseError
 * "invalid-argument" (options), "missing-file", "missing-package", "invalid-clip" (no video, damaged, no frames, too
 * short), "unsupported" (codec), "timeout", "aborted".
 *
 * @example
 * const clip = await loadClip("clip.mp4", { frames: 6 });
 * for await (const { timestamp, width, height, data } of clip.frames()) …
 */
export async function loadClip(source: ClipSource, options: NodeClipOptions = {}): Promise<Clip> {
  checkClipOptions(options, ["fetch", "codecs"]);
  const { signal, fetch, codecs } = options;
  throwIfAborted(signal, "clip");
  if (Array.isArray(source)) return pictureClip(source, options, loadPicture);
  if (isSource(source)) {
    const name = sourceName(source, "clip");
    const open = await opener(source, name, { signal, fetch });
    return fileClip({ name, open }, options, nodeClips(codecs));
  }
  if (isRawClip(source)) return rawClip(source, options);
  throw new GlimpseError(
    {
      subject: "clip",
      problem: "it is nothing that frames can be taken from",
      expected: "a path, a URL, a Blob, the bytes of a file, a list of pictures or { count, width, height, data }",
      got: show(source),
    },
    { code: "invalid-argument" },
  );
}

async function opener(
  source: ImageSource,
  name: string,
  options: Pick<NodeClipOptions, "fetch" | "signal">,
): Promise<() => Promise<MediaBytes>> {
  const path = pathOfSource(source, name);
  if (path !== undefined) return () => fileBytes(path, name);
  if (source instanceof Blob) return async () => blobBytes(source);
  const bytes = await readSource(source, name, options);
  return async () => memoryBytes(bytes);
}
