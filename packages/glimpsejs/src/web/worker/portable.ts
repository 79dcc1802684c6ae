// What a call is about, as it crosses over to the worker: what only a page has is read here, what only the worker has is
// named.
import { type Clip, isClip } from "@glimpsejs/processor";
import { type ImageSource, loadImage } from "@glimpsejs/processor/web";
import type { WebSource } from "../checkpoint.ts";
import type { PageSources, Sent, SourceReference } from "./sources.ts";

/** What stays here of subjects. */
export interface Parts {
  readonly trunks: WeakMap<object, number>;
  readonly sources: PageSources;
}

/** A subject as it crosses over: trunks and live sources as references, elements and clips as pixels, addresses in full. */
export async function portable(subject: unknown, parts: Parts, signal: AbortSignal | undefined): Promise<unknown> {
  if (Array.isArray(subject)) return Promise.all(subject.map((each) => portable(each, parts, signal)));
  if (typeof subject === "string" || subject instanceof URL) return absoluteUrl(String(subject));
  if (typeof subject !== "object" || subject === null) return subject;
  const trunk = parts.trunks.get(subject);
  if (trunk !== undefined) return { glimpseTrunk: trunk };
  if (isClip(subject)) return { frames: await framesOf(subject, signal) };
  if (Symbol.asyncIterator in subject) return offered(subject as AsyncIterable<unknown>, parts, signal, true);
  if ("frames" in subject && Array.isArray(subject.frames)) {
    return { ...subject, frames: await portable(subject.frames, parts, signal) };
  }
  const kind = Object.prototype.toString.call(subject);
  const isOfPage = /^\[object (?:HTML\w+Element|OffscreenCanvas)\]$/.test(kind);
  return isOfPage ? loadImage(subject as ImageSource, { signal }) : subject;
}

async function framesOf(clip: Clip, signal: AbortSignal | undefined): Promise<unknown[]> {
  const frames: unknown[] = [];
  for await (const { width, height, data } of clip.frames({ signal })) frames.push({ width, height, data });
  return frames;
}

/** A source that the worker may iterate. The frames of a live one are given away, as they would be here. */
export function offered(
  source: AsyncIterable<unknown> | Iterable<unknown>,
  parts: Parts,
  signal: AbortSignal | undefined,
  isLive = false,
): SourceReference {
  return parts.sources.offer(source, async (item): Promise<Sent> => {
    const value = await portable(item, parts, signal);
    return { value, transfer: isLive && isFrame(value) ? [value] : [] };
  });
}

function isFrame(value: unknown): value is VideoFrame | ImageBitmap {
  return /^\[object (?:VideoFrame|ImageBitmap)\]$/.test(Object.prototype.toString.call(value));
}

/** Files of a checkpoint by addresses that hold in the worker too. */
export function absolute(source: WebSource | undefined): unknown {
  if (source instanceof URL) return source.href;
  if (typeof source === "string") return /^\.{0,2}\//.test(source) ? absoluteUrl(source) : source;
  if (typeof source !== "object" || source === null) return source;
  if (Symbol.iterator in source) return [...source];
  const values = Object.values(source);
  if (values.length === 0 || !values.every((url) => typeof url === "string" || url instanceof URL)) return source;
  return Object.fromEntries(Object.entries(source).map(([name, url]) => [name, absoluteUrl(String(url))]));
}

function absoluteUrl(url: string): string {
  return new URL(url, globalThis.document?.baseURI ?? globalThis.location.href).href;
}
