/** A public entry: its code, packages left out, and kilobytes that it may have. */
export interface EntryBudget {
  readonly code: string;
  readonly external?: readonly string[];
  readonly budget: number;
  readonly later?: number;
}

/** What each tarball and entry may have. */
export const budget: {
  readonly tarballs: Readonly<Record<string, number>>;
  readonly entries: Readonly<Record<string, EntryBudget>>;
};

/** Kilobytes that a bundle of `code` loads at once and may fetch later, gzipped, and the text of all of it. */
export function bundled(
  entry: Pick<EntryBudget, "code" | "external">,
): Promise<{ readonly loaded: number; readonly later: number; readonly text: string }>;
