// Sizes against their budget: each tarball, and each public entry as a minified, compressed bundle without its optional
// peers. The budget is a file; raising a number in it is a decision that a review sees.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { root } from "../scripts/workspace.mjs";

const budget = JSON.parse(readFileSync(new URL("./budget.json", import.meta.url), "utf8"));

/** Problems of tarballs and entries; also prints what was measured. */
export async function sizeProblems(tarballs) {
  const problems = [];
  const hold = (what, bytes, limit) => {
    console.log(`     ${what.padEnd(52)} ${(bytes / 1000).toFixed(1).padStart(8)} kB of ${limit ?? "?"}`);
    if (limit === undefined) problems.push(`${what}: no budget; it has ${(bytes / 1000).toFixed(1)} kB`);
    else if (bytes > limit * 1000) problems.push(`${what}: ${(bytes / 1000).toFixed(1)} kB, budget ${limit} kB`);
  };
  for (const [name, { bytes }] of Object.entries(tarballs))
    hold(`${name} (tarball)`, bytes.length, budget.tarballs[name]);
  for (const [name, entry] of Object.entries(budget.entries))
    hold(`${name} (entry)`, await bundled(entry), entry.budget);
  return problems;
}

/** Bytes of `code` with all that it imports at once, minified and gzipped; what is fetched later is not part of it. */
async function bundled({ code, external = [] }) {
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
      rolldownOptions: { input: id, external, preserveEntrySignatures: "strict" },
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
  return [...needed].reduce((sum, { code: text }) => sum + gzipSync(text, { level: 9 }).length, 0);
}
