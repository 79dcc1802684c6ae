// The dialog of the search. It is there at once, so that nothing typed is lost; what finds is loaded behind it.

/** Opens the dialog; `indexUrl` is the index, `root` the site's root, both relative to the page. */
export function openFinder(indexUrl: string, root: string): void {
  const dialog = document.querySelector<HTMLDialogElement>("dialog.finder") ?? makeDialog(indexUrl, root);
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("input")?.select();
}

function makeDialog(indexUrl: string, root: string): HTMLDialogElement {
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

  // Loaded anew with the next letter where it failed.
  let loading: Promise<(query: string) => readonly HTMLLIElement[]> | undefined;
  const load = () => {
    loading ??= import("./search.ts").then(({ search }) => search(indexUrl, root));
    return loading;
  };
  const show = async () => {
    try {
      const found = await load();
      results.replaceChildren(...found(input.value));
    } catch {
      loading = undefined;
      const item = document.createElement("li");
      item.className = "none";
      item.textContent = "The index of the search cannot be loaded.";
      results.replaceChildren(item);
    }
  };
  void show();
  input.addEventListener("input", show);
  dialog.addEventListener("keydown", (event) => moveFocus(event, dialog));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || (event.target as Element).closest("a") !== null) dialog.close();
  });
  return dialog;
}

/** Arrow keys walk from the field through the results; Enter in the field opens the first. */
function moveFocus(event: KeyboardEvent, dialog: HTMLDialogElement): void {
  if (event.key === "Enter" && event.target instanceof HTMLInputElement && !event.isComposing) {
    dialog.querySelector("a")?.click();
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const stops = [...dialog.querySelectorAll<HTMLElement>("input, a")];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  stops[Math.min(stops.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)))]?.focus();
  event.preventDefault();
}
