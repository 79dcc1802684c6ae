/** What a user imports, and where its source and its pages are. */
export interface PublicEntry {
  readonly name: string;
  readonly specifier: string;
  readonly title: string;
  readonly description: string;
  readonly slug: string;
  readonly source: string;
}
/** Public entries of all packages. */
export function publicEntries(): readonly PublicEntry[];
