// Markdown as the site renders it: headings with anchors, code with colours from the grammar of the editor, links
// between guides, and examples as blocks that can be run.
import { readFileSync } from "node:fs";
import path from "node:path";
import { javascriptLanguage, typescriptLanguage } from "@codemirror/lang-javascript";
import { classHighlighter, highlightCode } from "@lezer/highlight";
import MarkdownIt from "markdown-it";
import { exampleBlock } from "./example-block.mjs";

const docs = path.resolve(import.meta.dirname, "../../../docs");

/** The renderer. Inline HTML is kept: the texts are ours. */
export const markdown = new MarkdownIt({ html: true, typographer: false });

/** An id for a heading, as GitHub would make it. */
export function slug(text) {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .trim()
    .replace(/ /g, "-");
}

markdown.core.ruler.push("heading-ids", ({ tokens }) => {
  const seen = new Map();
  for (const [i, token] of tokens.entries()) {
    if (token.type !== "heading_open") continue;
    const base = slug(plainText(tokens[i + 1]));
    const count = seen.get(base) ?? 0;
    seen.set(base, count + 1);
    token.attrSet("id", count === 0 ? base : `${base}-${count}`);
  }
});

/** `[text](other.md#part)` leads to the guide's page; a file outside of docs/ to the repository. */
markdown.core.ruler.push("links", ({ tokens }) => {
  for (const token of tokens) {
    for (const child of token.children ?? []) {
      const href = child.type === "link_open" ? child.attrGet("href") : null;
      if (href !== null) child.attrSet("href", siteLink(href));
    }
  }
});

function siteLink(href) {
  const guide = /^(?:\.\/)?([\w-]+)\.md(#.*)?$/.exec(href);
  if (guide !== null) return `/guides/${guide[1]}/${guide[2] ?? ""}`;
  if (/^\.\.\//.test(href)) return `https://github.com/glimpsejs/glimpse/blob/main/${path.posix.join("docs", href)}`;
  return href;
}

// A paragraph that is nothing but a link to examples/x.js is that example, to be read and run.
markdown.core.ruler.after("inline", "examples", (state) => {
  const { tokens } = state;
  for (let i = 0; i + 2 < tokens.length; i++) {
    const [open, inline, close] = tokens.slice(i, i + 3);
    if (open.type !== "paragraph_open" || inline.type !== "inline") continue;
    const file = /^\[[^\]]*\]\(examples\/([\w-]+\.js)\)$/.exec(inline.content.trim())?.[1];
    if (file === undefined) continue;
    const block = new state.Token("html_block", "", 0);
    block.content = exampleBlock(file, readFileSync(`${docs}/examples/${file}`, "utf8"), highlight);
    tokens.splice(i, [open, inline, close].length, block);
  }
});

// Wide tables scroll within themselves; a page never scrolls sideways.
markdown.renderer.rules.table_open = () => '<div class="table" tabindex="0" role="group" aria-label="Table"><table>\n';
markdown.renderer.rules.table_close = () => "</table></div>\n";

// Drawings stand in the page itself, where they take its colours.
markdown.renderer.rules.image = (tokens, i, options, _, self) => {
  const { content } = tokens[i];
  const file = /^drawings\/[\w-]+\.svg$/.exec(tokens[i].attrGet("src"))?.[0];
  if (file === undefined) return self.renderToken(tokens, i, options);
  const svg = readFileSync(`${docs}/${file}`, "utf8");
  return svg.trimEnd().replace("<svg ", `<svg class="drawing" role="img" aria-label="${escapeHtml(content)}" `);
};

// Long lines scroll within their block, which the keyboard has to reach.
markdown.renderer.rules.fence = (tokens, i) => {
  const { info, content } = tokens[i];
  const [language = ""] = info.trim().split(" ");
  const name = /title=(\S+)/.exec(info)?.[1];
  const label = name === undefined ? "" : `<div class="file">${name}</div>\n`;
  return `${label}<pre tabindex="0"><code>${highlight(content, language).trimEnd()}</code></pre>\n`;
};

/** Code as HTML with a class per kind of token; other languages than ours stay plain. */
export function highlight(code, language) {
  const grammar = { js: javascriptLanguage, javascript: javascriptLanguage, ts: typescriptLanguage }[language];
  if (grammar === undefined) return escapeHtml(code);
  let html = "";
  highlightCode(
    code,
    grammar.parser.parse(code),
    classHighlighter,
    (text, classes) => {
      html += classes === "" ? escapeHtml(text) : `<span class="${classes}">${escapeHtml(text)}</span>`;
    },
    () => {
      html += "\n";
    },
  );
  return html;
}

function escapeHtml(text) {
  return markdown.utils.escapeHtml(text);
}

function plainText(token) {
  return (token?.children ?? []).map((child) => child.content).join("");
}
