// The best continuations over all beams of a group.
import { type Scores, tokenAt } from "./scores.ts";

/** One way to continue: which beam, with which token, and the new total of log-probabilities. */
export interface Candidate {
  readonly beam: number;
  readonly token: number;
  readonly total: number;
}

/**
 * The `count` largest of totals[beam] + scores, best first; earlier ones win ties, impossible ones (−∞) are left out. A
 * pass over all scores with a short sorted list, since count is a few times the number of beams. Undefined if a token
 * whose score is not known could be among them.
 */
export function topCandidates(
  rows: readonly Scores[],
  totals: readonly number[],
  count: number,
): readonly Candidate[] | undefined {
  const best: Candidate[] = [];
  let bar = Number.NEGATIVE_INFINITY;
  for (const [beam, row] of rows.entries()) {
    const { values } = row;
    const before = totals[beam] ?? 0;
    for (let i = 0; i < values.length; i++) {
      const total = before + (values[i] ?? Number.NEGATIVE_INFINITY);
      if (!(total > bar)) continue;
      let at = best.length;
      while (at > 0 && (best[at - 1]?.total ?? 0) < total) at--;
      best.splice(at, 0, { beam, token: tokenAt(row, i), total });
      if (best.length > count) best.pop();
      if (best.length === count) bar = best.at(-1)?.total ?? bar;
    }
  }
  const reachable = rows.map(({ bound }, beam) => (totals[beam] ?? 0) + bound);
  return reachable.some((total) => total > Number.NEGATIVE_INFINITY && total >= bar) ? undefined : best;
}
