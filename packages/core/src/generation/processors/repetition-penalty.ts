// Makes tokens that the text has already less likely, or with a penalty below 1 likelier.
// Source: CTRL, https://arxiv.org/abs/1909.05858, with the rule for negative scores of transformers.
import type { LogitsProcessor } from "./processor.ts";

/** Divides the score of every token of the text, prompt included, by `penalty`, or multiplies it where it is negative. */
export function repetitionPenalty(penalty: number): LogitsProcessor {
  const factor = Math.fround(penalty);
  return (scores, { tokens }) => {
    for (const id of new Set(tokens)) {
      const score = scores[id] ?? 0;
      scores[id] = score < 0 ? score * factor : score / factor;
    }
  };
}
