// What every page does: theme, list of headings, search; examples and the live caption where a page has them. The heavy
// parts are loaded when they are first needed.
import { contents } from "./contents.ts";
import { openFinder } from "./finder.ts";
import { themeButton } from "./theme-button.ts";

themeButton();
contents();

const search = document.querySelector<HTMLButtonElement>("button.search");
const openSearch = () => openFinder(search?.dataset["search"] ?? "", search?.dataset["root"] ?? "");
search?.addEventListener("click", openSearch);
document.addEventListener("keydown", (event) => {
  // The editor of an example is in a shadow root, which hides it from `target`.
  const typing = (event.composedPath()[0] as Element).closest("input, textarea, .cm-editor") !== null;
  const asked = (event.key === "/" && !typing) || (event.key === "k" && (event.metaKey || event.ctrlKey));
  if (!asked) return;
  event.preventDefault();
  openSearch();
});

if (document.querySelector("[data-runnable]") !== null) {
  void import("./examples.ts").then(({ examples }) => examples());
}
if (document.querySelector("#live-picture") !== null) {
  void import("./live.ts").then(({ live }) => live());
}
