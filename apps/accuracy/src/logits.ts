// How far rounding moves logits: the same pictures and the same tokens through float32 and through another dtype, so that
// one wrong token does not change what comes after it.
import type { GitForCausalLM } from "@glimpsejs/core";
import type { HostTensor } from "@glimpsejs/graph";

/** A picture and the tokens of a text about it, prompt included. */
export interface Given {
  readonly pixelValues: HostTensor<"float32">;
  readonly tokens: readonly number[];
}

/** How far the logits after each token of the texts are apart. */
export interface LogitError {
  /** Positions that were compared. */
  readonly positions: number;
  /** Square root of the mean square of all differences, and of float32's logits about their mean. */
  readonly rms: number;
  readonly spread: number;
  readonly largest: number;
  /** Mean of KL(float32 ‖ other), in nats. */
  readonly divergence: number;
  /** Share of positions where both prefer the same token. */
  readonly sameBest: number;
}

/** The logits after each token, text by text: rows of V numbers. */
export async function logitsOf(model: GitForCausalLM, texts: readonly Given[]): Promise<readonly Float32Array[]> {
  const rows: Float32Array[] = [];
  for (const { pixelValues, tokens } of texts) {
    const { logits } = await model.forward({ pixelValues, inputIds: [tokens] });
    const [, all = 0, vocabSize = 0] = logits?.shape ?? [];
    for (let row = all - tokens.length; row < all; row++) {
      rows.push(logits?.data.slice(row * vocabSize, (row + 1) * vocabSize) ?? new Float32Array());
    }
  }
  return rows;
}

/** Compares rows of logits. */
export function logitError(exact: readonly Float32Array[], other: readonly Float32Array[]): LogitError {
  let [squares, spread, count, largest, divergence, sameBest] = [0, 0, 0, 0, 0, 0];
  for (const [row, a] of exact.entries()) {
    const b = other[row] ?? a;
    const mean = a.reduce((total, value) => total + value, 0) / a.length;
    const [logA, logB] = [logSumExp(a), logSumExp(b)];
    for (const [i, value] of a.entries()) {
      const difference = (b[i] ?? 0) - value;
      squares += difference ** 2;
      spread += (value - mean) ** 2;
      largest = Math.max(largest, Math.abs(difference));
      divergence += Math.exp(value - logA) * (value - logA - ((b[i] ?? 0) - logB));
    }
    count += a.length;
    if (indexOfLargest(a) === indexOfLargest(b)) sameBest++;
  }
  const positions = exact.length;
  return {
    positions,
    rms: Math.sqrt(squares / count),
    spread: Math.sqrt(spread / count),
    largest,
    divergence: divergence / positions,
    sameBest: sameBest / positions,
  };
}

function logSumExp(row: Float32Array): number {
  const largest = row[indexOfLargest(row)] ?? 0;
  return largest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

function indexOfLargest(row: Float32Array): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if ((row[i] ?? 0) > (row[best] ?? 0)) best = i;
  return best;
}
