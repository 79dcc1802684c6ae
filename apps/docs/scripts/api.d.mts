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
/** What TypeDoc makes of some entries, and its warnings that concern readers; `packages` need a sentence for every name. */
export function readApi(
  entryPoints: readonly string[],
  packages: readonly string[],
  more?: Readonly<Record<string, unknown>>,
): Promise<{ readonly logger: { readonly warnings: readonly string[] } }>;
