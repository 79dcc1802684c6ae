// Pictures from where callers have them: a path, a URL, a Blob or the bytes of a file, handed to the decoder.
// Knows nothing of picture formats.
import { fileURLToPath } from "node:url";
import { GlimpseError, type Problem, show, throwIfAborted } from "@glimpsejs/base";
import type { Picture } from "../picture.ts";
import { download, readBlob, readDataUrl, readFile } from "./read-source.ts";
import { type SharpDecoderOptions, sharpDecoder } from "./sharp-decoder.ts";

/** Where {@link loadImage} finds a picture: a path, a `file:`, `data:`, `http:` or `https:` URL, or the file's bytes. */
export type ImageSource = string | URL | Uint8Array | ArrayBuffer | Blob;

/** Options of {@link loadImage}. */
export interface LoadImageOptions extends SharpDecoderOptions {
  /** What downloads `http:` and `https:` URLs. Without it they are refused, so that no stranger's URL is followed. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Stops reading and decoding; rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads and decodes one picture. Unlike Pillow's `Image.open` it turns the picture as its EXIF orientation says, unless
 * `applyOrientation` is false; all else is as {@link sharpDecoder} says. Files of more than 512 MiB are refused unread.
 * Throws, besides the decoder's errors, GlimpseError "missing-file", "invalid-image" (not a regular file, too large, a
 * broken data: URL), "download" and "invalid-argument".
 *
 * @example
 * const picture = await loadImage("photo.jpg");
 */
export async function loadImage(source: ImageSource, options: LoadImageOptions = {}): Promise<Picture> {
  const decode = sharpDecoder(options); // checks them
  const { signal } = options;
  const name = sourceName(source);
  throwIfAborted(signal, name);
  const bytes = await readSource(source, name, options);
  return decode(bytes, { signal, name });
}

/** How errors call the source; data: URLs are too long to repeat. */
export function sourceName(source: ImageSource, unnamed = "picture"): string {
  if (typeof source !== "string" && !(source instanceof URL)) return unnamed;
  const text = String(source);
  return /^data:/i.test(text) ? "data: URL" : show(text, 200);
}

/** Whether `value` is something that a file can be read from. */
export function isSource(value: unknown): value is ImageSource {
  return (
    typeof value === "string" ||
    value instanceof URL ||
    value instanceof Uint8Array ||
    value instanceof ArrayBuffer ||
    value instanceof Blob
  );
}

/** The path of a source that names a local file, else undefined. Throws "invalid-argument" for a broken file: URL. */
export function pathOfSource(source: ImageSource, name: string): string | undefined {
  if (typeof source !== "string" && !(source instanceof URL)) return undefined;
  const text = String(source);
  const scheme = schemeOf(text);
  return scheme === undefined ? text : scheme === "file" ? pathOf(text, name) : undefined;
}

/** The scheme of a URL; two letters or more, since C:\ is a path. */
function schemeOf(text: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase();
}

/** All bytes of a source. Throws as {@link loadImage}. */
export async function readSource(
  source: ImageSource,
  name: string,
  options: Pick<LoadImageOptions, "fetch" | "signal">,
): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  // A detached buffer says that it has no bytes, but no view of it can be made.
  if (source instanceof ArrayBuffer) return source.byteLength === 0 ? new Uint8Array() : new Uint8Array(source);
  if (source instanceof Blob) return readBlob(source, name);
  if (typeof source !== "string" && !(source instanceof URL)) {
    source satisfies never;
    const [expected, got] = ["a path, a URL, a Blob or bytes", typeof source];
    throw invalidSource({ subject: name, problem: "the source is of the wrong kind", expected, got });
  }
  const text = String(source);
  const scheme = schemeOf(text);
  switch (scheme) {
    case undefined:
      return readFile(text, name);
    case "file":
      return readFile(pathOf(text, name), name);
    case "data":
      return readDataUrl(text, name);
    case "http":
    case "https":
      if (options.fetch === undefined) {
        const advice = "Fetch the bytes yourself and pass them, or pass the option fetch to loadImage() or loadClip().";
        throw invalidSource({ subject: name, problem: "URLs are not downloaded", advice });
      }
      return download(text, name, options.fetch, options.signal);
    default: {
      const expected = "a path, or a file, data, http or https URL";
      throw invalidSource({ subject: name, problem: "this kind of URL is not read", expected, got: scheme });
    }
  }
}

function pathOf(url: string, name: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw invalidSource({ subject: name, problem: "the file: URL does not name a local file" }, cause);
  }
}

function invalidSource(problem: Problem, cause?: unknown): GlimpseError {
  return new GlimpseError(problem, { code: "invalid-argument", cause });
}
