// `npm run release:check`: what a release would give to users, tried on this machine. Packs every package twice (the same
// bytes), installs it in empty folders with npm, pnpm and yarn, captions a picture there on Node, Bun and Deno, and holds
// types, exports, sizes and licences against what is allowed. Needs the npm registry.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { ensureInstalled, root } from "../scripts/workspace.mjs";
import { installedLicences, licenceProblems, licenceTable, mergeLicences } from "./licences.mjs";
import { freshBuild, packAll, publicPackages } from "./pack.mjs";
import { sizeProblems } from "./sizes.mjs";
import { typeProblems } from "./types.mjs";
import { captionProblem, install, users } from "./users.mjs";

ensureInstalled();
freshBuild();
const licencesHeader =
  "---\ntitle: Licences\norder: 21\ndescription: Every package that Glimpse brings or can use, and its licence.\n---\n\nEverything that `npm install glimpsejs onnxruntime-node` puts on a machine, what the suite for backends needs, and what the optional peers bring: `onnxruntime-web`, `webgpu`, `mediabunny`, `@napi-rs/webcodecs`. Written by `npm run release:check`.";
const folder = mkdtempSync(path.join(os.tmpdir(), "glimpse-release-"));
const problems = [];

await step("packed twice, the same bytes", async () => {
  const first = packAll(path.join(folder, "first"));
  freshBuild();
  const second = packAll(path.join(folder, "second"));
  return Object.keys(first)
    .filter((name) => first[name].sha256 !== second[name].sha256)
    .map((name) => `${name}: two builds give different tarballs`);
});
const tarballs = packAll(path.join(folder, "packages"));

await step("publint", async () => {
  const lists = await Promise.all(
    publicPackages.map(async ({ manifest }) => {
      const { messages } = await publint({ pack: { tarball: tarballs[manifest.name].bytes }, strict: true });
      return messages.map((message) => `${manifest.name}: ${formatMessage(message, manifest)}`);
    }),
  );
  return lists.flat();
});
await step("are the types wrong", () => typeProblems(tarballs));
await step("sizes", () => sizeProblems(tarballs));

const catalog = readFileSync(`${root}/pnpm-workspace.yaml`, "utf8");
const version = (name) => new RegExp(`^  "?${name}"?: (\\S+)$`, "m").exec(catalog)?.[1] ?? "*";
const versions = (names) => Object.fromEntries(names.map((name) => [name, version(name)]));
const peers = versions(["onnxruntime-node", "vitest"]);
for (const manager of new Set(users.map((user) => user.manager))) {
  await step(`install with ${manager}`, () => {
    install(manager, path.join(folder, manager), tarballs, peers);
    return [];
  });
}
for (const { manager, runtime } of users) {
  await step(`a caption on ${runtime}, installed with ${manager}`, () => {
    const problem = captionProblem(runtime, path.join(folder, manager));
    return problem === undefined ? [] : [problem];
  });
}
await step("licences", () => {
  const optional = ["onnxruntime-web", "webgpu", "mediabunny", "@napi-rs/webcodecs"];
  install("npm", path.join(folder, "optional"), {}, versions(optional));
  const list = mergeLicences(...["npm", "optional"].map((name) => installedLicences(path.join(folder, name))));
  writeFileSync(`${root}/docs/licences.md`, `${licencesHeader}\n\n${licenceTable(list)}\n`);
  return licenceProblems(list);
});

rmSync(folder, { recursive: true, force: true });
console.log(problems.length === 0 ? "\nReady to be released." : `\n${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Runs one check and says how it went; a check that throws is a problem like any other. */
async function step(name, check) {
  const start = performance.now();
  let found;
  try {
    found = await check();
  } catch (error) {
    const detail = [error.message, error.stderr, error.stdout].filter(Boolean).join("\n").trim();
    found = [detail.split("\n").slice(0, 12).join("\n    ")];
  }
  problems.push(...found);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${found.length === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
  for (const problem of found) console.log(`    ${problem}`);
}
