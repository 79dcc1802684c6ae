// Sharpens or flattens the distribution that is sampled from.
import type { LogitsProcessor } from "./processor.ts";

/** Divides all scores by `value`, above 0: below 1 favours likely tokens, above 1 unlikely ones. */
export function temperature(value: number): LogitsProcessor {
  const divisor = Math.fround(value);
  return (scores) => {
    for (let i = 0; i < scores.length; i++) scores[i] = (scores[i] ?? 0) / divisor;
  };
}
