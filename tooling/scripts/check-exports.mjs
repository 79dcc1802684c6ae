// Checks what the types and the linter cannot, on the built packages:
//   - every file that `exports`, `bin` or `files` names exists, and publint finds nothing;
//   - a main entry, and all it reaches, imports nothing from `node:`;
//   - every exported declaration has a doc comment;
//   - ARCHITECTURE.md says why each dependency is there, and packages depend only on those above them in its table.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { root } from "./workspace.mjs";

/** Packages that are for one platform as a whole, by the runtime they wrap. */
const platformPackages = new Set(["@glimpsejs/backend-ort-node"]);

const problems = [];
const folders = readdirSync(`${root}/packages`).map((name) => `${root}/packages/${name}`);
const manifests = new Map(
  folders.map((folder) => [folder, JSON.parse(readFileSync(`${folder}/package.json`, "utf8"))]),
);
const folderOf = new Map([...manifests].map(([folder, { name }]) => [name, folder]));
const architecture = readFileSync(`${root}/ARCHITECTURE.md`, "utf8");

const table = architecture.slice(architecture.indexOf("| package |")).split("\n\n", 1)[0];
const order = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1]);
const rank = (folder) => order.indexOf(path.basename(folder));

for (const [folder, manifest] of manifests) {
  const report = (problem) => problems.push(`${manifest.name}: ${problem}`);
  for (const file of [...exportedFiles(manifest.exports), ...Object.values(manifest.bin ?? {})]) {
    if (!existsSync(path.join(folder, file))) report(`exports ${file}, which does not exist`);
  }
  const { messages } = await publint({ pkgDir: folder, strict: true, pack: false });
  for (const message of messages) report(formatMessage(message, manifest));

  const main = manifest.exports["."];
  const entry = path.join(folder, main.default.default ?? main.default);
  for (const chain of platformPackages.has(manifest.name) ? [] : nodeImports(entry)) {
    report(`its main entry reaches ${chain}`);
  }
  for (const file of sources(`${folder}/src`)) {
    for (const name of undocumented(file))
      report(`${path.relative(folder, file)} exports ${name} without a doc comment`);
  }
  for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    if (!folderOf.has(dependency) && !architecture.includes(`\`${dependency}\``))
      report(`ARCHITECTURE.md does not say why ${dependency} is there`);
    if (folderOf.has(dependency) && rank(folderOf.get(dependency)) >= rank(folder))
      report(`depends on ${dependency}, which is not above it in the table of ARCHITECTURE.md`);
  }
  if (rank(folder) === -1) report("is not in the table of ARCHITECTURE.md");
}

for (const problem of problems) console.error(problem);
console.log(`${manifests.size} packages, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Every file path in an `exports` value. */
function exportedFiles(value) {
  return typeof value === "string" ? [value] : Object.values(value).flatMap(exportedFiles);
}

/** Chains of imports from `entry` to a `node:` module, through this workspace's packages. */
function nodeImports(entry, seen = new Set(), chain = []) {
  if (seen.has(entry)) return [];
  seen.add(entry);
  const here = [...chain, path.relative(root, entry)];
  return imports(readFileSync(entry, "utf8")).flatMap((specifier) => {
    if (specifier.startsWith("node:")) return [[...here, specifier].join(" → ")];
    if (specifier.startsWith(".")) return nodeImports(path.resolve(path.dirname(entry), specifier), seen, here);
    const [, name, rest] = /^((?:@[^/]+\/)?[^/]+)(\/.*)?$/.exec(specifier) ?? [];
    const folder = folderOf.get(name);
    if (folder === undefined) return [];
    const target = manifests.get(folder).exports[rest === undefined ? "." : `.${rest}`];
    return nodeImports(path.join(folder, target.default.default ?? target.default), seen, here);
  });
}

function imports(code) {
  const statements = /^(?:import|export)\b(?:[^;"'=]*?\bfrom)?\s*["']([^"']+)["']/gm;
  const calls = /\bimport\(\s*["']([^"']+)["']\s*\)/g;
  return [...code.matchAll(statements), ...code.matchAll(calls)].map((match) => match[1]);
}

function sources(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => path.join(folder, file));
}

/** Names of exported declarations that no doc comment precedes. */
function undocumented(file) {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.flatMap((line, i) => {
    const name =
      /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type) (\w+)/.exec(
        line,
      )?.[1];
    if (name === undefined) return [];
    // Overloads share the comment of the first signature.
    const before = lines
      .slice(0, i)
      .findLast((l) => l.trim() !== "" && !l.includes(`function ${name}(`) && !l.startsWith("// biome-ignore"));
    return before?.trimEnd().endsWith("*/") ? [] : [name];
  });
}
