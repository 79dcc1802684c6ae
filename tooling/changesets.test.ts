// Changesets as a release will read them: each names packages that are published, says something, and until a package
// has a changelog some changeset names it, since otherwise its first version would come without a word.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const packages = readdirSync(`${root}/packages`)
  .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(`${root}/packages/${folder}/package.json`, "utf8")) }))
  .filter(({ manifest }) => manifest.private !== true)
  .map(({ folder, manifest }) => ({ folder, name: String(manifest.name) }));
const changesets = readdirSync(`${root}/.changeset`)
  .filter((file) => file.endsWith(".md") && file !== "README.md")
  .map((file) => {
    const text = readFileSync(`${root}/.changeset/${file}`, "utf8");
    const [, head = "", body = ""] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text) ?? [];
    const bumps = [...head.matchAll(/^"([^"]+)": (major|minor|patch)$/gm)].map((match) => match[1] ?? "");
    return { file, lines: head.split("\n").length, bumps, body: body.trim() };
  });

test.each(changesets)("$file names published packages, each once, and says what changed", ({ lines, bumps, body }) => {
  expect(bumps.length).toBeGreaterThan(0);
  expect(bumps).toHaveLength(lines);
  expect(new Set(bumps).size).toBe(bumps.length);
  expect(bumps.filter((name) => !packages.some((one) => one.name === name))).toEqual([]);
  expect(body.length).toBeGreaterThan(20);
});

test("every package has a changelog, or a changeset that will begin one", () => {
  const named = new Set(changesets.flatMap(({ bumps }) => bumps));
  const silent = packages.filter(
    ({ folder, name }) => !existsSync(`${root}/packages/${folder}/CHANGELOG.md`) && !named.has(name),
  );
  expect(silent).toEqual([]);
});
