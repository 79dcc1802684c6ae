// The finished pages as files: every link leads somewhere, in the site and into the sources; nothing points at another
// host but the project's own addresses; every page has one heading and a title of its own.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { publicEntries } from "../scripts/api.mjs";

const dist = path.resolve(import.meta.dirname, "../dist");
const root = path.resolve(import.meta.dirname, "../../..");
const pages = readdirSync(dist, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".html"))
  .map((file) => ({ file, html: readFileSync(path.join(dist, file), "utf8") }));
const idsOf = new Map(
  pages.map(({ file, html }) => [file, new Set([...html.matchAll(/\bid="([^"]+)"/g)].map((m) => m[1]))]),
);
const repository = "https://github.com/glimpsejs/glimpse";

test("there are pages", () => {
  expect(pages.length).toBeGreaterThan(300);
});

test("every link inside of the site leads to a page, a file or a heading", () => {
  const dead = pages.flatMap(({ file, html }) =>
    linksOf(html)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => !leads(file, link))
      .map((link) => `${file}: ${link}`),
  );
  expect(dead).toEqual([]);
});

test("every link into the sources leads to a file, and to a line that it has", () => {
  const dead = new Set<string>();
  for (const { html } of pages) {
    for (const link of linksOf(html)) {
      const [, target = "", line] =
        new RegExp(`^${repository}/(?:blob|edit)/main/([^#]+)(?:#L(\\d+))?$`).exec(link.replaceAll("&amp;", "&")) ?? [];
      if (target === "") continue;
      const source = path.join(root, target);
      const lines = existsSync(source) ? readFileSync(source, "utf8").split("\n").length : 0;
      if (lines === 0 || Number(line ?? 1) > lines) dead.add(link);
    }
  }
  expect([...dead]).toEqual([]);
});

test("every name that a package exports, in Node or in browsers, has a page in its entry", { timeout: 120_000 }, () => {
  const entries = publicEntries().map((entry) => ({ ...entry, file: path.join(root, "packages", entry.source) }));
  expect(entries.filter(({ specifier }) => specifier === "glimpsejs").map(({ slug }) => slug)).toEqual([
    "glimpsejs",
    "glimpsejs/web",
  ]);
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    {
      customConditions: ["@glimpsejs/source"],
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      allowImportingTsExtensions: true,
      noEmit: true,
      skipLibCheck: true,
    },
  );
  const checker = program.getTypeChecker();
  const missing = entries.flatMap(({ title, slug, file }) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    const names = module === undefined ? [] : checker.getExportsOfModule(module).map(({ name }) => name);
    if (names.length === 0) return [`${title}: exports nothing`];
    const index = path.join("api", slug, "index.html");
    const links = linksOf(pages.find((page) => page.file === index)?.html ?? "").filter((link) => leads(index, link));
    const shown = new Set(links.map((link) => /\/([\w$]+)\/(?:value\/)?$/.exec(link)?.[1]));
    return names.filter((name) => !shown.has(name)).map((name) => `${title}: ${name}`);
  });
  expect(missing).toEqual([]);
});

test("no page asks another host for anything", () => {
  const foreign = pages.flatMap(({ file, html }) =>
    [
      ...html.matchAll(
        /<(?:script|img|link|iframe|video|audio|source)\b[^>]*\b(?:src|href)="([a-z]+:[^"]+|\/\/[^"]+)"/g,
      ),
    ].map((match) => `${file}: ${match[1]}`),
  );
  expect(foreign).toEqual([]);
});

test("every page has one main heading and its own title", () => {
  const wrong = pages.filter(({ html }) => [...html.matchAll(/<h1[ >]/g)].length !== 1).map(({ file }) => file);
  expect(wrong).toEqual([]);
  const untitled = pages
    .filter(({ html }) => !/<title>[^<]+ · Glimpse<|<title>Glimpse:/.test(html))
    .map(({ file }) => file);
  expect(untitled).toEqual([]);
});

test("no page has two headings that say the same", () => {
  const twice = pages.flatMap(({ file, html }) => {
    const headings = [...html.matchAll(/<h([1-6])[^>]*>([\s\S]*?)<\/h\1>/g)].map((match) => match[2] ?? "");
    return headings.filter((heading, i) => headings.indexOf(heading) !== i).map((heading) => `${file}: ${heading}`);
  });
  expect(twice).toEqual([]);
});

test("every page has a policy that allows nothing it does not name, and nothing unsafe", () => {
  const wrong = pages.filter(({ html }) => {
    const [, policy = ""] = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(html) ?? [];
    return !policy.startsWith("default-src 'none';") || policy.includes("unsafe-") || policy.includes("*");
  });
  expect(wrong.map(({ file }) => file)).toEqual([]);
});

test("no page has an inline script, style or handler", () => {
  const inline = pages
    .filter(({ html }) => /<script>|<script type="module">|<style|\sstyle="|\son[a-z]+="/.test(withoutCode(html)))
    .map(({ file }) => file);
  expect(inline).toEqual([]);
});

function withoutCode(html: string): string {
  return html.replace(/<pre[\s\S]*?<\/pre>/g, "").replace(/<code[\s\S]*?<\/code>/g, "");
}

function linksOf(html: string): readonly string[] {
  const tags = [...html.matchAll(/<(?:a|link|script|img|source|video|audio)\b[^>]*>/g)].map(([tag]) => tag);
  return tags.flatMap((tag) => [...tag.matchAll(/\s(?:href|src)="([^"]*)"/g)].map((match) => match[1] ?? ""));
}

function leads(from: string, link: string): boolean {
  const [target = "", hash = ""] = link.split("#");
  const joined = target === "" ? from : path.posix.join(path.posix.dirname(from), target);
  const file = [joined, path.posix.join(joined, "index.html")].find(
    (candidate) => existsSync(path.join(dist, candidate)) && path.extname(candidate) !== "",
  );
  if (file === undefined) return false;
  return hash === "" || !file.endsWith(".html") || (idsOf.get(file)?.has(decodeURIComponent(hash)) ?? false);
}
