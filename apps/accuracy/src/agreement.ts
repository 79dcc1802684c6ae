// How far two models agree, scene by scene.
import type { Said } from "./scenes.ts";

/** One dtype against float32, on the same scenes. */
export interface Agreement {
  readonly scenes: number;
  /** Share of captions, and of answers, that are exactly right. */
  readonly captions: number;
  readonly answers: number;
  /** Share of the tokens of float32's texts that stand at the same place of the other's. */
  readonly tokens: number;
  /** Share of texts that are the same in all tokens. */
  readonly texts: number;
  /** Captions and answers that only float32, and that only the other, has right. */
  readonly lost: number;
  readonly gained: number;
}

/** Compares what a model says with what float32 says about the same scenes. */
export function agreement(exact: readonly Said[], other: readonly Said[]): Agreement {
  const pairs = exact.flatMap((a, i) => {
    const b = other[i];
    return b === undefined ? [] : [[a, b] as const];
  });
  const texts = pairs.flatMap(([a, b]) => [[a.caption, b.caption] as const, [a.answer, b.answer] as const]);
  const same = texts.map(([a, b]) => a.filter((token, i) => token === b[i]).length);
  const right = pairs.flatMap(([a, b]) => [
    [a.isCaptionRight, b.isCaptionRight] as const,
    [a.isAnswerRight, b.isAnswerRight] as const,
  ]);
  return {
    scenes: pairs.length,
    captions: share(pairs.filter(([, b]) => b.isCaptionRight).length, pairs.length),
    answers: share(pairs.filter(([, b]) => b.isAnswerRight).length, pairs.length),
    tokens: share(sum(same), sum(texts.map(([a]) => a.length))),
    texts: share(texts.filter(([a, b]) => a.length === b.length && a.every((t, i) => t === b[i])).length, texts.length),
    lost: right.filter(([a, b]) => a && !b).length,
    gained: right.filter(([a, b]) => !a && b).length,
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? Number.NaN : part / whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
