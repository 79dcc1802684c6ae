// What a logits processor makes of a few scores; for the tests beside the processors.
import type { LogitsProcessor } from "../src/generation/processors/index.ts";

/** The scores after `processor`, for a text of `tokens` whose first `promptLength` are the prompt. */
export function processed(
  processor: LogitsProcessor,
  scores: readonly number[],
  tokens: readonly number[] = [0],
  promptLength = 1,
): readonly number[] {
  const row = Float32Array.from(scores);
  processor(row, { tokens, promptLength, prompt: 0 });
  return [...row];
}

/** What a forbidden token's score is. */
export const no: number = Number.NEGATIVE_INFINITY;
