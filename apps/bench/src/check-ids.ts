// No time is printed for wrong ids: a fast wrong answer is worth nothing. Rounded weights may choose other tokens; how
// many they share is told beside the time.

/** Share of the generated tokens of all rows that come before a row's first difference from `expected`. */
export function agreement(
  ids: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
  promptLengths: readonly number[],
): number {
  let [same, all] = [0, 0];
  for (const [i, row] of expected.entries()) {
    const prompt = promptLengths[i] ?? 0;
    const got = ids[i] ?? [];
    const differs = row.findIndex((id, k) => got[k] !== id);
    all += row.length - prompt;
    same += Math.max(0, (differs === -1 ? row.length : differs) - prompt);
  }
  return all === 0 ? 0 : same / all;
}

/** What to print in place of the time of wrong ids. */
export function wrongIds(
  name: string,
  ids: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
): string {
  const i = expected.findIndex((row, r) => row.some((id, k) => ids[r]?.[k] !== id));
  return `WRONG IDS  ${name}, row ${i}\n  expected  ${expected[i]?.join(" ")}\n  got       ${ids[i]?.join(" ")}`;
}
