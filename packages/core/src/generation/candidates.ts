// The continuations of the beams of a group that a step goes on with: the best ones, or those that are drawn.
import { drawWithoutReplacement } from "../random.ts";
import { type Scores, tokenAt } from "./scores.ts";

/** One way to continue: which beam, with which token, and the new total of log-probabilities. */
export interface Candidate {
  readonly beam: number;
  readonly token: number;
  readonly total: number;
}

/**
 * The `count` largest of totals[beam] + scores, best first; impossible ones (−∞) are left out. Of equal ones the earlier beam
 * wins, then the larger logit, of which rounding may have left nothing in the sum, then the lower token: so `count` of the
 * best logits of each beam are always enough. A pass over all scores with a short sorted list, since count is a few times
 * the number of beams. Undefined if a token whose score is not known could be among them.
 */
export function topCandidates(
  rows: readonly Scores[],
  totals: readonly number[],
  count: number,
): readonly Candidate[] | undefined {
  const best: (Candidate & { readonly logit: number })[] = [];
  let bar = Number.NEGATIVE_INFINITY;
  for (const [beam, row] of rows.entries()) {
    const { values, logits } = row;
    const before = totals[beam] ?? 0;
    for (let i = 0; i < values.length; i++) {
      const total = before + (values[i] ?? Number.NEGATIVE_INFINITY);
      if (!(total >= bar && total > Number.NEGATIVE_INFINITY)) continue;
      const logit = logits.values[i] ?? Number.NEGATIVE_INFINITY;
      let at = best.length;
      for (; at > 0; at--) {
        const other = best[at - 1];
        if (other === undefined || other.total > total) break;
        if (other.total === total && !(other.beam === beam && other.logit < logit)) break;
      }
      best.splice(at, 0, { beam, token: tokenAt(row, i), total, logit });
      if (best.length > count) best.pop();
      if (best.length === count) bar = best.at(-1)?.total ?? bar;
    }
  }
  const worst = best.at(-1);
  const isOpen = rows.some(({ bound, logits }, beam) => {
    const reachable = (totals[beam] ?? 0) + bound;
    if (reachable === Number.NEGATIVE_INFINITY || reachable < bar) return false;
    // What is not known comes after the last that is.
    if (reachable > bar || worst === undefined || worst.beam > beam) return true;
    if (worst.beam < beam) return false;
    return worst.logit === logits.bound ? worst.token > (logits.last ?? -1) : worst.logit < logits.bound;
  });
  return isOpen ? undefined : best.map(({ beam, token, total }) => ({ beam, token, total }));
}

/** Continuations drawn without replacement, as likely as their totals say. */
export function drawCandidates(
  rows: readonly Scores[],
  totals: readonly number[],
  count: number,
  random: () => number,
): readonly Candidate[] {
  const starts: number[] = [];
  let size = 0;
  for (const { values } of rows) {
    starts.push(size);
    size += values.length;
  }
  const all = new Float32Array(size);
  for (const [beam, { values }] of rows.entries()) {
    const [start, before] = [starts[beam] ?? 0, totals[beam] ?? 0];
    for (let i = 0; i < values.length; i++) all[start + i] = (values[i] ?? 0) + before;
  }
  return drawWithoutReplacement(all, count, random).flatMap((index) => {
    const beam = starts.findLastIndex((start) => start <= index);
    const row = rows[beam];
    if (row === undefined) return [];
    const token = tokenAt(row, index - (starts[beam] ?? 0));
    return { beam, token, total: all[index] ?? Number.NEGATIVE_INFINITY };
  });
}
