// Search over all pages, in the page: the index is one file of the site, fetched when somebody first looks for something.
import MiniSearch from "minisearch";

/** One section of a page as the index holds it. */
export interface SearchEntry {
  readonly id: string;
  /** Address from the site's root, without a leading slash, with the heading's anchor. */
  readonly url: string;
  readonly page: string;
  readonly heading: string;
  readonly text: string;
}

const shown = 12;

/** Opens the dialog; `indexUrl` is the index, `root` the site's root, both relative to the page. */
export async function openSearch(indexUrl: string, root: string): Promise<void> {
  const dialog = document.querySelector<HTMLDialogElement>("dialog.finder") ?? (await makeDialog(indexUrl, root));
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("input")?.select();
}

async function makeDialog(indexUrl: string, root: string): Promise<HTMLDialogElement> {
  const dialog = document.createElement("dialog");
  dialog.className = "finder";
  dialog.setAttribute("aria-label", "Search");
  const input = document.createElement("input");
  input.type = "search";
  input.placeholder = "Search guides and API";
  input.setAttribute("aria-label", "Search guides and API");
  const results = document.createElement("ol");
  results.setAttribute("aria-live", "polite");
  dialog.append(input, results);
  document.body.append(dialog);

  const index = loadIndex(indexUrl);
  input.addEventListener("input", async () => {
    const found = (await index).search(input.value).slice(0, shown);
    results.replaceChildren(...found.map((entry) => resultItem(entry as unknown as SearchEntry, root)));
    if (found.length === 0 && input.value.trim() !== "") results.append(nothing(input.value));
  });
  dialog.addEventListener("keydown", (event) => moveFocus(event, dialog));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || (event.target as Element).closest("a") !== null) dialog.close();
  });
  return dialog;
}

async function loadIndex(url: string): Promise<MiniSearch<SearchEntry>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`search: the index cannot be loaded, status ${response.status}.`);
  const search = new MiniSearch<SearchEntry>({
    fields: ["heading", "page", "text"],
    storeFields: ["url", "page", "heading"],
    searchOptions: { boost: { heading: 4, page: 2 }, prefix: true, fuzzy: 0.15, combineWith: "AND" },
    // "numBeams" is found under "beams" too.
    tokenize: (text) => text.split(/[^\p{L}\p{N}]+|(?<=\p{Ll})(?=\p{Lu})/u).concat(text.split(/[^\p{L}\p{N}]+/u)),
  });
  search.addAll((await response.json()) as SearchEntry[]);
  return search;
}

function resultItem(entry: SearchEntry, root: string): HTMLLIElement {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = root + entry.url;
  link.append(entry.heading);
  if (entry.page !== entry.heading) {
    const where = document.createElement("div");
    where.className = "where";
    where.textContent = entry.page;
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

/** Arrow keys walk from the field through the results. */
function moveFocus(event: KeyboardEvent, dialog: HTMLDialogElement): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const stops = [...dialog.querySelectorAll<HTMLElement>("input, a")];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  stops[Math.min(stops.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)))]?.focus();
  event.preventDefault();
}
