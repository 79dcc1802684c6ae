// No time is printed for wrong ids: a fast wrong answer is worth nothing.

/** A list of ids that a measurement has to agree with, as far as both go. */
export interface ExpectedIds {
  /** Who says so. */
  readonly source: string;
  readonly ids: readonly number[];
}

/** Undefined when `ids` agrees with every list, else what to print in place of a time. */
export function wrongIds(name: string, ids: readonly number[], lists: readonly ExpectedIds[]): string | undefined {
  const wrong = lists.find(({ ids: expected }) => {
    const length = Math.min(expected.length, ids.length);
    return length === 0 || expected.slice(0, length).join() !== ids.slice(0, length).join();
  });
  if (wrong === undefined) return undefined;
  return `WRONG IDS  ${name}\n  expected  ${wrong.ids.join(" ")}  (${wrong.source})\n  got       ${ids.join(" ")}`;
}
