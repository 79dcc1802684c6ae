// "On this page": the headings of a page as links, and the menu of pages, which is open where there is room beside.

/** Fills the list of headings and opens the menu on wide windows. */
export function contents(): void {
  const list = document.createElement("ul");
  for (const heading of document.querySelectorAll<HTMLElement>("main h2[id], main h3[id]")) {
    const item = document.createElement("li");
    item.className = heading.localName === "h3" ? "level3" : "level2";
    const link = document.createElement("a");
    link.href = `#${heading.id}`;
    link.textContent = heading.textContent;
    item.append(link);
    list.append(item);
  }
  if (list.childElementCount > 1) document.querySelector(".contents")?.append(list);

  const menu = document.querySelector<HTMLDetailsElement>(".menu");
  const wide = matchMedia("(min-width: 55.01rem)");
  const fit = () => {
    if (menu !== null) menu.open = wide.matches;
  };
  wide.addEventListener("change", fit);
  fit();
}
