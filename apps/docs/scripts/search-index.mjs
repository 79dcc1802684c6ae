// What the search knows of a page: a section is an entry, with its heading, the page it is on, and the start of its text.

const longest = 600;

/** Entries of the page that is written to `file` ("guides/errors/index.html"). */
export function searchIndex(file, html) {
  const url = file.replace(/index\.html$/, "");
  const main = /<main[^>]*>([\s\S]*?)<\/main>/.exec(html)?.[1];
  if (main === undefined || url === "") return [];
  const page = text(/<h1[^>]*>([\s\S]*?)<\/h1>/.exec(main)?.[1] ?? "");
  const isApi = url.startsWith("api/");
  const entry = text(/<p class="above"><a[^>]*>([\s\S]*?)<\/a>/.exec(main)?.[1] ?? "");
  // An API page's headings are the same everywhere ("Parameters"): its name and members are what somebody looks for, and
  // the names of its properties lead to the page.
  const sections = main.split(/(?=<h[23] id=)/);
  return sections.flatMap((section, i) => {
    const [, id, heading] = /^<h[23] id="([^"]*)"[^>]*>([\s\S]*?)<\/h[23]>/.exec(section) ?? [];
    if (i > 0 && isApi && !/\(\)|^[a-z]\w*$/.test(text(heading ?? ""))) return [];
    return [
      {
        id: `${url}#${id ?? ""}`,
        url: id === undefined ? url : `${url}#${id}`,
        page,
        heading: i === 0 ? page : text(heading ?? ""),
        where: [...(i === 0 ? [] : [page]), ...(entry === "" ? [] : [entry])].join(", "),
        text: `${text(section.replace(/<h[123][\s\S]*?<\/h[123]>/g, "")).slice(0, longest)} ${isApi && i === 0 ? namesIn(main) : ""}`,
      },
    ];
  });
}

/** Names of properties and parameters, which stand below the first lines of a long page. */
function namesIn(section) {
  const names = [...section.matchAll(/<code>([a-zA-Z_$][\w$]*)\??<\/code>/g)].map((match) => match[1]);
  return [...new Set(names)].join(" ");
}

function text(html) {
  return html
    .replace(/<[^>]+>/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ")
    .trim();
}
