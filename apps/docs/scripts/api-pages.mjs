// From the pages that TypeDoc writes to pages of the site: where each one goes, and what its links become.
import path from "node:path";
import { publicEntries } from "./api.mjs";

const kinds = {
  classes: "class",
  interfaces: "interface",
  "type-aliases": "type",
  variables: "value",
  functions: "function",
  enumerations: "enum",
};

/** Folder of an entry's pages as TypeDoc names it ("processor/src/node"), to what a user imports. */
const entries = new Map(publicEntries().map((entry) => [entry.source.replace(/(\/index)?\.ts$/, ""), entry]));

/** The entry that a page belongs to, and its path within it. */
function locate(file) {
  for (let folder = path.posix.dirname(file); folder !== "."; folder = path.posix.dirname(folder)) {
    const entry = entries.get(folder);
    if (entry !== undefined) return { entry, rest: file.slice(folder.length + 1) };
  }
  return undefined;
}

/** The address in the site of a page of TypeDoc's. */
export function apiUrl(file) {
  const found = locate(file);
  if (found === undefined) return "/api/";
  const { entry, rest } = found;
  const [kind = "", name] = rest.split("/");
  return name === undefined
    ? `/api/${entry.slug}/`
    : `/api/${entry.slug}/${name.replace(/\.md$/, "")}/${kindSuffix(kind)}`;
}

/** A class and the value of the same name would share an address; values of such names live one level down. */
function kindSuffix(kind) {
  return kind === "variables" ? "value/" : "";
}

/** "Parameters" or "Returns" as often as a page has methods lead nowhere in particular: they become labels. */
function labelled(text) {
  const counts = new Map();
  for (const [, heading] of text.matchAll(/^#{2,6} (.*)$/gm)) counts.set(heading, (counts.get(heading) ?? 0) + 1);
  return text.replace(/^#{2,6} (.*)$/gm, (line, heading) =>
    counts.get(heading) > 1 ? `<p class="label">${heading}</p>` : line,
  );
}

/** Text and data of one page; undefined for TypeDoc's own list of modules. */
export function describeApiPage(file, source) {
  const found = locate(file);
  if (found === undefined) return undefined;
  const { entry, rest } = found;
  const [kind, name] = rest.split("/");
  const body = labelled(source.replace(/^# .*\n/, "")).replace(
    /\]\(((?!https?:|#)[^)\s]+?\.md)(#[^)\s]*)?\)/g,
    (_, target, anchor = "") => {
      const absolute = path.posix.normalize(path.posix.join(path.posix.dirname(file), target));
      return `](${apiUrl(absolute)}${anchor})`;
    },
  );
  // Where a name is in the sources concerns few: small print.
  const text = body.replace(/^Defined in: (\[.*)$/gm, '<span class="source">Defined in $1</span>');
  const title = name === undefined ? entry.title : name.replace(/\.md$/, "");
  return {
    text,
    data: {
      title,
      entry: entry.title,
      entryUrl: `/api/${entry.slug}/`,
      kind: name === undefined ? undefined : kinds[kind],
      lead: name === undefined ? entry.description : undefined,
      permalink: `${apiUrl(file).slice(1)}index.html`,
    },
  };
}
