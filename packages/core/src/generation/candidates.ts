// The best continuations over all beams of a group.

/** One way to continue: which beam, with which token, and the new total of log-probabilities. */
export interface Candidate {
  readonly beam: number;
  readonly token: number;
  readonly total: number;
}

/**
 * The `count` largest of totals[beam] + rows[beam][token], best first; earlier ones win ties, impossible ones (−∞) are
 * left out. A pass over all rows with a short sorted list, since count is a few times the number of beams.
 */
export function topCandidates(
  rows: readonly Float32Array[],
  totals: readonly number[],
  count: number,
): readonly Candidate[] {
  const best: Candidate[] = [];
  let bar = Number.NEGATIVE_INFINITY;
  for (const [beam, row] of rows.entries()) {
    const before = totals[beam] ?? 0;
    for (let token = 0; token < row.length; token++) {
      const total = before + (row[token] ?? Number.NEGATIVE_INFINITY);
      if (!(total > bar)) continue;
      let at = best.length;
      while (at > 0 && (best[at - 1]?.total ?? 0) < total) at--;
      best.splice(at, 0, { beam, token, total });
      if (best.length > count) best.pop();
      if (best.length === count) bar = best.at(-1)?.total ?? bar;
    }
  }
  return best;
}
