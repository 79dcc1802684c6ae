// Sizes against their budget: each tarball, and each public entry as a minified, compressed bundle without its optional
// peers. The budget is a file; raising a number in it is a decision that a review sees. `tooling/sizes.test.ts` holds the
// entries to it in every run of the tests.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { root } from "../scripts/workspace.mjs";

/** What each tarball and entry may have. */
export const budget = JSON.parse(readFileSync(new URL("./budget.json", import.meta.url), "utf8"));

/** Problems of tarballs and entries; also prints what was measured. */
export async function sizeProblems(tarballs) {
  const problems = [];
  const hold = (what, kilobytes, limit) => {
    console.log(`     ${what.padEnd(60)} ${kilobytes.toFixed(1).padStart(8)} kB of ${limit ?? "?"}`);
    if (limit === undefined) problems.push(`${what}: no budget; it has ${kilobytes.toFixed(1)} kB`);
    else if (kilobytes > limit) problems.push(`${what}: ${kilobytes.toFixed(1)} kB, budget ${limit} kB`);
  };
  for (const [name, { bytes }] of Object.entries(tarballs))
    hold(`${name} (tarball)`, bytes.length / 1000, budget.tarballs[name]);
  for (const [name, entry] of Object.entries(budget.entries)) {
    const { loaded, later } = await bundled(entry);
    hold(`${name} (entry)`, loaded, entry.budget);
    if (later > 0) hold(`${name} (fetched later, if at all)`, later, entry.later);
  }
  return problems;
}

/**
 * Kilobytes of `code` with all that it imports at once, and of what it may fetch later by import(), minified and gzipped
 * chunk by chunk; and the text of all of it. Bundled as an app is: what chunks that come later share with the entry
 * stays in the entry.
 */
export async function bundled({ code, external = [] }) {
  // A file that is not there, in the folder of the package that depends on all the others.
  const id = `${root}packages/glimpsejs/entry.js`;
  const result = await build({
    root,
    configFile: false,
    logLevel: "silent",
    resolve: { conditions: ["browser", "module", "import", "default"] },
    plugins: [{ name: "entry", resolveId: (s) => (s === id ? id : null), load: (s) => (s === id ? code : null) }],
    build: {
      write: false,
      target: "es2022",
      minify: true,
      rolldownOptions: { input: id, external, preserveEntrySignatures: "allow-extension" },
    },
  });
  const chunks = (Array.isArray(result) ? result : [result]).flatMap((r) => r.output).filter((o) => o.type === "chunk");
  const byFile = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const needed = new Set();
  const follow = (chunk) => {
    if (chunk === undefined || needed.has(chunk)) return;
    needed.add(chunk);
    for (const file of chunk.imports) follow(byFile.get(file));
  };
  follow(chunks.find((chunk) => chunk.isEntry));
  const kilobytes = (some) => some.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0) / 1000;
  return {
    loaded: kilobytes([...needed]),
    later: kilobytes(chunks.filter((chunk) => !needed.has(chunk))),
    text: chunks.map((chunk) => chunk.code).join("\n"),
  };
}
