// Makes tokens that the text has already less likely, or with a penalty below 1 likelier.
// Source: CTRL, https://arxiv.org/abs/1909.05858, with the rule for negative scores of transformers.
import type { LogitsProcessor, ProcessorContext, SparseProcessor } from "./processor.ts";

/** Divides the score of every token of the text, prompt included, by `penalty`, or multiplies it where it is negative. */
export function repetitionPenalty(penalty: number): SparseProcessor {
  const factor = Math.fround(penalty);
  const process: LogitsProcessor = (scores, { tokens }) => {
    for (const id of new Set(tokens)) {
      const score = scores[id] ?? 0;
      scores[id] = score < 0 ? score * factor : score / factor;
    }
  };
  const touches = ({ tokens }: ProcessorContext) => [...new Set(tokens)];
  return Object.assign(process, { touches, onlyForbids: false, countsOnly: false });
}
