// Replaces what is not a finite number. It also turns forbidden tokens into very unlikely ones, as in the reference.
import type { LogitsProcessor } from "./processor.ts";

const largest = 3.4028234663852886e38; // of float32

/** NaN becomes 0, an infinity the largest float32 of its sign. */
export function invalidValues(): LogitsProcessor {
  return (scores) => {
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i] ?? 0;
      if (!Number.isFinite(score)) scores[i] = Number.isNaN(score) ? 0 : Math.sign(score) * largest;
    }
  };
}
