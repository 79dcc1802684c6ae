// Captions for any number of pictures: taken from a source as fast as they are captioned, prepared while the batch
// before is computed, run in batches, and given back in the order they came in.
import { GlimpseError, throwIfAborted } from "@glimpsejs/base";
import { float32, type HostTensor } from "@glimpsejs/graph";
import type { CaptionAllOptions, CaptionAllResult } from "./caption-all-options.ts";
import type { TextResult } from "./tasks.ts";

/** What captionAll() is made of. */
export interface CaptionAllParts {
  readonly batchSize: number;
  readonly onProgress: CaptionAllOptions["onProgress"];
  readonly signal: AbortSignal | undefined;
  /** Decodes and prepares one picture or clip: float32 [1, …]. */
  prepare(subject: unknown): Promise<HostTensor<"float32">>;
  /** One text for each picture of float32 [n, …]. */
  caption(pixelValues: HostTensor<"float32">): Promise<readonly TextResult[]>;
}

/** A picture that has been taken from the source. */
type Prepared =
  | { readonly index: number; readonly pixels: HostTensor<"float32"> }
  | { readonly index: number; readonly error: unknown };

interface Batch {
  readonly pictures: readonly Prepared[];
  /** What the source threw after them, as a value that may be undefined. */
  readonly thrown?: { readonly reason: unknown };
  readonly isLast: boolean;
}

/**
 * Captions every picture of `source`, in order. A picture that cannot be decoded or computed gives an error in its
 * place and harms no other. Throws what the source throws, after the results before it, and "aborted".
 */
export async function* captionAll(
  source: AsyncIterable<unknown> | Iterable<unknown>,
  parts: CaptionAllParts,
): AsyncGenerator<CaptionAllResult, void, undefined> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let taken = 0;
  let isOver = false;
  const progress = { captioned: 0, failed: 0 };

  async function take(): Promise<Batch> {
    const pictures: Promise<Prepared>[] = [];
    try {
      while (pictures.length < parts.batchSize && !parts.signal?.aborted) {
        const next = await iterator.next();
        if (next.done) {
          isOver = true;
          break;
        }
        const index = taken++;
        const preparing = parts.prepare(next.value);
        pictures.push(
          preparing.then(
            (pixels) => ({ index, pixels }),
            (error: unknown) => ({ index, error }),
          ),
        );
      }
    } catch (reason) {
      isOver = true;
      return { pictures: await Promise.all(pictures), thrown: { reason }, isLast: true };
    }
    return { pictures: await Promise.all(pictures), isLast: isOver };
  }

  let next = take();
  try {
    for (;;) {
      const batch = await next;
      throwIfAborted(parts.signal, "captionAll()");
      if (!batch.isLast) next = take();
      const results = await captioned(batch.pictures, parts);
      for (const { error } of results) progress[error === undefined ? "captioned" : "failed"]++;
      if (results.length > 0) parts.onProgress?.({ ...progress });
      yield* results;
      if (batch.thrown !== undefined) throw batch.thrown.reason;
      if (batch.isLast) return;
    }
  } finally {
    await next;
    if (!isOver) await iterator.return?.();
  }
}

/** The results of one batch. Pictures of one shape run together; where such a run fails, each runs alone. */
async function captioned(pictures: readonly Prepared[], parts: CaptionAllParts): Promise<readonly CaptionAllResult[]> {
  const results = new Map<number, CaptionAllResult>();
  const shapes = new Map<string, { readonly index: number; readonly pixels: HostTensor<"float32"> }[]>();
  for (const picture of pictures) {
    if ("error" in picture) {
      results.set(picture.index, picture);
      continue;
    }
    const shape = picture.pixels.shape.join();
    shapes.set(shape, [...(shapes.get(shape) ?? []), picture]);
  }
  const pending = [...shapes.values()];
  for (let group = pending.shift(); group !== undefined; group = pending.shift()) {
    try {
      const texts = await parts.caption(joined(group.map(({ pixels }) => pixels)));
      for (const [i, { index }] of group.entries()) {
        const result = texts[i];
        if (result === undefined) throw new TypeError("generate(): a picture has no result.");
        results.set(index, { index, result });
      }
    } catch (error) {
      if (GlimpseError.isInstance(error, "aborted") || GlimpseError.isInstance(error, "disposed")) throw error;
      if (group.length > 1) pending.unshift(...group.map((picture) => [picture]));
      else for (const { index } of group) results.set(index, { index, error });
    }
  }
  return pictures.flatMap(({ index }) => results.get(index) ?? []);
}

/** Pictures [1, …] of one shape as [n, …]. */
function joined(pictures: readonly HostTensor<"float32">[]): HostTensor<"float32"> {
  const [first] = pictures;
  if (first === undefined || pictures.length === 1) return first ?? float32([], [0]);
  const data = new Float32Array(pictures.length * first.data.length);
  for (const [i, { data: one }] of pictures.entries()) data.set(one, i * first.data.length);
  return float32(data, [pictures.length, ...first.shape.slice(1)]);
}
