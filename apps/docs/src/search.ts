// What the search finds, over all pages and in the page: the index is one file of the site, fetched when somebody first
// looks for something.
import MiniSearch from "minisearch";

/** One section of a page as the index holds it. */
export interface SearchEntry {
  readonly id: string;
  /** Address from the site's root, without a leading slash, with the heading's anchor. */
  readonly url: string;
  readonly page: string;
  readonly heading: string;
  /** What tells it from others of its heading: page, or name and package; empty for a whole guide. */
  readonly where: string;
  readonly text: string;
}

const shown = 12;

/** Loads the index at `indexUrl`; gives what finds in it, as items of a list. `root` is the site's root, relative to the page. */
export async function search(indexUrl: string, root: string): Promise<(query: string) => readonly HTMLLIElement[]> {
  const index = await loadIndex(indexUrl);
  return (query) => {
    if (query.trim() === "") return [];
    const found = index.search(query).slice(0, shown);
    return found.length === 0
      ? [nothing(query)]
      : found.map((entry) => resultItem(entry as unknown as SearchEntry, root));
  };
}

async function loadIndex(url: string): Promise<MiniSearch<SearchEntry>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`search: the index cannot be loaded, status ${response.status}.`);
  const index = new MiniSearch<SearchEntry>({
    fields: ["heading", "page", "text"],
    storeFields: ["url", "where", "heading"],
    searchOptions: { boost: { heading: 4, page: 2 }, prefix: true, fuzzy: 0.15, combineWith: "AND" },
    // "numBeams" is found under "beams" too.
    tokenize: (text) => text.split(/[^\p{L}\p{N}]+|(?<=\p{Ll})(?=\p{Lu})/u).concat(text.split(/[^\p{L}\p{N}]+/u)),
  });
  index.addAll((await response.json()) as SearchEntry[]);
  return index;
}

function resultItem(entry: SearchEntry, root: string): HTMLLIElement {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = root + entry.url;
  link.append(entry.heading);
  if (entry.where !== "") {
    const where = document.createElement("div");
    where.className = "where";
    where.textContent = entry.where;
    link.append(where);
  }
  item.append(link);
  return item;
}

function nothing(query: string): HTMLLIElement {
  const item = document.createElement("li");
  item.className = "none";
  item.textContent = `Nothing about “${query.trim()}”.`;
  return item;
}
