// Constrained decoding: a function says at every step which tokens may come next.
import { GlimpseError, show } from "@glimpsejs/base";
import type { LogitsProcessor, ProcessorContext } from "./processor.ts";

/**
 * Forbids all tokens but those that `allowed` returns. Where every one of them was forbidden before (by minLength,
 * say), they get the score 0 and the text goes on, as in the reference; but in beam search (`numBeams` above 1) they
 * stay forbidden, so that a beam without a future dies in favour of the others.
 * Throws "invalid-argument" if `allowed` returns no token or one that is not in the vocabulary.
 */
export function allowedTokens(
  allowed: (context: ProcessorContext) => readonly number[],
  numBeams: number,
): LogitsProcessor {
  return (scores, context) => {
    const ids = checked(allowed(context), scores.length);
    const before = ids.map((id) => scores[id] ?? 0);
    const revived = numBeams === 1 && before.every((score) => score === Number.NEGATIVE_INFINITY);
    scores.fill(Number.NEGATIVE_INFINITY);
    for (const [i, id] of ids.entries()) scores[id] = revived ? 0 : (before[i] ?? 0);
  };
}

function checked(ids: readonly number[], vocabSize: number): readonly number[] {
  const right = (id: number) => Number.isInteger(id) && id >= 0 && id < vocabSize;
  if (Array.isArray(ids) && ids.length > 0 && ids.every(right)) return ids;
  throw new GlimpseError(
    {
      subject: 'option "prefixAllowedTokens"',
      problem: "the function must return the tokens that may come next",
      expected: `at least one, each from 0 to ${vocabSize - 1}`,
      got: show(ids),
      advice: "To end a text, allow its end token.",
    },
    { code: "invalid-argument" },
  );
}
