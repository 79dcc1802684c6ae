// The training loss: plain next-token cross entropy over the text (the reference's since 5.x; before that it was
// shifted twice, see transformers issue 47394).
import type { HostTensor } from "@glimpsejs/graph";
import { logProbability } from "../logits.ts";
import type { Rows } from "../rows.ts";

/**
 * Mean of −log p(labels[b][t+1] | rows up to t) in nats over all labels but −100. logits float32 [B, R, V], of which
 * the last T rows are the text; labels [B, T], of which at least one after the first column counts.
 */
export function crossEntropy(logits: HostTensor<"float32">, labels: Rows): number {
  const [, rows = 0, vocabSize = 0] = logits.shape;
  let sum = 0;
  let count = 0;
  for (const [b, row] of labels.entries()) {
    const firstTextRow = b * rows + rows - row.length;
    for (const [t, label] of row.entries()) {
      if (t === 0 || label === -100) continue;
      const start = (firstTextRow + t - 1) * vocabSize;
      sum -= logProbability(logits.data.subarray(start, start + vocabSize), label);
      count++;
    }
  }
  return sum / count;
}
