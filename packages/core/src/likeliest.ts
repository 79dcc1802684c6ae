// The choice of greedy search, and what every search says where nothing can be chosen.
import { GlimpseError } from "@glimpsejs/base";
import { argMax } from "./logits.ts";

/**
 * The index of the first largest of `scores` [V]. Throws "invalid-argument" if it is −Infinity or NaN, since then no
 * token may come next.
 */
export function likeliestIndex(scores: Float32Array): number {
  const best = argMax(scores);
  if ((scores[best] ?? Number.NaN) > Number.NEGATIVE_INFINITY) return best;
  throw nothingToDraw();
}

/** What is thrown where no token may come next. */
export function nothingToDraw(): GlimpseError {
  return new GlimpseError(
    {
      subject: "generate()",
      problem: "no token has a probability to come next",
      advice: "The options together forbid every token, or a logits processor wrote NaN or Infinity.",
    },
    { code: "invalid-argument" },
  );
}
