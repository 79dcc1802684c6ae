// The site: guides from `docs/`, API pages from `.generated/api`, both Markdown, in one layout. Output is plain files
// that work under any sub-path: links are written from the root of the site and made relative at the very end.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { publicEntries } from "./scripts/api.mjs";
import { describeApiPage } from "./scripts/api-pages.mjs";
import { markdown } from "./scripts/markdown.mjs";
import { relativeLinks } from "./scripts/relative-links.mjs";

const guideFolder = path.resolve(import.meta.dirname, "../../docs");
const apiFolder = path.resolve(import.meta.dirname, ".generated/api");

export default function configure(eleventy) {
  eleventy.setLibrary("md", markdown);
  eleventy.addPassthroughCopy({ public: "assets" });
  eleventy.addGlobalData("layout", "page.njk");
  eleventy.addGlobalData("packages", publicEntries());

  const guides = readdirSync(guideFolder).filter((file) => file.endsWith(".md"));
  for (const file of guides) {
    eleventy.addTemplate(`guides/${file}`, readFileSync(`${guideFolder}/${file}`, "utf8"), {
      tags: "guide",
      section: "guides",
      source: `docs/${file}`,
      permalink: `guides/${file.replace(/\.md$/, "")}/index.html`,
    });
  }
  for (const file of readdirSync(apiFolder, { recursive: true }).filter((name) => name.endsWith(".md"))) {
    const page = describeApiPage(file, readFileSync(path.join(apiFolder, file), "utf8"));
    if (page !== undefined) eleventy.addTemplate(`api/${file}`, page.text, { section: "api", ...page.data });
  }

  eleventy.addCollection("guides", (api) =>
    api.getFilteredByTag("guide").toSorted((a, b) => (a.data.order ?? 99) - (b.data.order ?? 99)),
  );
  eleventy.addTransform("relative-links", function (content) {
    return this.page.outputPath?.endsWith(".html") ? relativeLinks(content, this.page.url) : content;
  });
  return {
    dir: { input: "site", includes: "_includes", output: "dist" },
    markdownTemplateEngine: false,
    htmlTemplateEngine: "njk",
  };
}
