// attention: one query row of one head at a time, its scores over all segments in double precision.
import { float32, type HostTensor } from "@glimpsejs/graph";
import { floats, ints } from "../tensor.ts";
import type { Kernel, KernelRun } from "./kernel.ts";

/** query [B, S, H·d], segments [B, H, Tᵢ, d] → context [B, S, H·d], probabilities [B, H, S, T] */
export const attention: Kernel<"attention"> = (inputs, { heads, relative }, run) => {
  const { query, keys, values, mask, headMask } = inputs;
  const [batch = 0, rows = 0, width = 0] = query.shape;
  const d = width / heads;
  const lengths = keys.map((key) => key.shape[2] ?? 0);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const lastLength = lengths.at(-1) ?? 0;
  const [q, k, v] = [floats(query), keys.map(floats), values.map(floats)];
  const [maskData, headFactors] = [mask && floats(mask), headMask && floats(headMask)];
  const distanceRow = distanceRows(inputs, total, run);
  const table = inputs.distances && floats(inputs.distances);

  const context = new Float32Array(q.length); // [B, S, H·d]
  const probabilities = new Float32Array(batch * heads * rows * total); // [B, H, S, T]
  const scores = new Float64Array(total);
  const sum = new Float64Array(d);
  for (let b = 0; b < batch; b++) {
    for (let head = 0; head < heads; head++) {
      for (let row = 0; row < rows; row++) {
        const queryAt = (b * rows + row) * width + head * d;
        let at = 0;
        for (const [i, segment] of k.entries()) {
          const length = lengths[i] ?? 0;
          for (let t = 0; t < length; t++, at++) {
            const keyAt = ((b * heads + head) * length + t) * d;
            let score = dot(q, queryAt, segment, keyAt, d);
            if (table !== undefined && distanceRow !== undefined) {
              const distanceAt = distanceRow(b, row, at) * d;
              score += dot(q, queryAt, table, distanceAt, d);
              if (relative === "key_query") score += dot(segment, keyAt, table, distanceAt, d);
            }
            scores[at] = score / Math.sqrt(d);
          }
        }
        if (maskData !== undefined) {
          const maskAt = (b * rows + row) * lastLength;
          for (let t = 0; t < lastLength; t++) {
            scores[total - lastLength + t] = (scores[total - lastLength + t] ?? 0) + (maskData[maskAt + t] ?? 0);
          }
        }
        softmax(scores);

        const factor = headFactors?.[head] ?? 1;
        sum.fill(0);
        at = 0;
        for (const [i, segment] of v.entries()) {
          const length = lengths[i] ?? 0;
          for (let t = 0; t < length; t++, at++) {
            const probability = (scores[at] ?? 0) * factor;
            probabilities[((b * heads + head) * rows + row) * total + at] = probability;
            const valueAt = ((b * heads + head) * length + t) * d;
            for (let c = 0; c < d; c++) sum[c] = (sum[c] ?? 0) + probability * (segment[valueAt + c] ?? 0);
          }
        }
        context.set(sum, queryAt);
      }
    }
  }
  return [float32(context, query.shape), float32(probabilities, [batch, heads, rows, total])];
};

/** Which row of the distance table a query row and a key meet in; undefined without relative positions. */
function distanceRows(
  inputs: {
    readonly distances?: HostTensor | undefined;
    readonly queryPositions?: HostTensor | undefined;
    readonly keyPositions?: HostTensor | undefined;
  },
  total: number,
  run: KernelRun,
): ((b: number, row: number, key: number) => number) | undefined {
  const { distances, queryPositions, keyPositions } = inputs;
  if (distances === undefined || queryPositions === undefined || keyPositions === undefined) return undefined;
  const [queries, keys] = [ints(queryPositions), ints(keyPositions)];
  const rows = queryPositions.shape[1] ?? 0;
  const center = ((distances.shape[0] ?? 1) - 1) / 2; // M − 1
  return (b, row, key) => {
    const distance = (queries[b * rows + row] ?? 0) - (keys[b * total + key] ?? 0);
    if (Math.abs(distance) > center) {
      run.fail({
        problem: "two positions are further apart than the distance table reaches",
        expected: `at most ${center}`,
        got: String(Math.abs(distance)),
      });
    }
    return distance + center;
  };
}

function dot(a: Float32Array, aAt: number, b: Float32Array, bAt: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[aAt + i] ?? 0) * (b[bAt + i] ?? 0);
  return sum;
}

/** In place. Does nothing to no scores. */
function softmax(scores: Float64Array): void {
  let max = Number.NEGATIVE_INFINITY;
  for (const score of scores) max = Math.max(max, score);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    scores[i] = Math.exp((scores[i] ?? 0) - max);
    sum += scores[i] ?? 0;
  }
  for (let i = 0; i < scores.length; i++) scores[i] = (scores[i] ?? 0) / sum;
}
