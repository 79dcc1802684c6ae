// Packs every public package as it is published, so that the same sources always give the same bytes. pnpm knows the
// workspace (`workspace:` and `catalog:` become versions) but writes dependencies in an order that changes from run to
// run; so its package is unpacked, put in order, and packed by npm, which fixes times, modes and the order of files.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { build, root } from "../scripts/workspace.mjs";

const { packageManager } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));

/** Folder and package.json of every package that is published. */
export const publicPackages = readdirSync(`${root}/packages`)
  .map((name) => path.join(root, "packages", name))
  .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) }))
  .filter(({ manifest }) => !manifest.private);

/** Builds everything from nothing: what a package no longer has must not be published with it. */
export function freshBuild() {
  for (const { folder } of publicPackages) rmSync(`${folder}/dist`, { recursive: true, force: true });
  build({ force: true });
}

/** Packs all of them into `folder`: name to tarball path, bytes and SHA-256. Needs a build. */
export function packAll(folder) {
  mkdirSync(folder, { recursive: true });
  return Object.fromEntries(
    publicPackages.map(({ folder: source, manifest }) => [manifest.name, pack(source, folder)]),
  );
}

function pack(source, destination) {
  const scratch = mkdtempSync(path.join(os.tmpdir(), "glimpse-pack-"));
  try {
    const resolved = filename(
      run("npx", ["--yes", packageManager, "pack", "--json", "--pack-destination", scratch], source),
    );
    run("tar", ["-xzf", path.join(scratch, resolved)], scratch);
    const unpacked = path.join(scratch, "package");
    sortManifest(path.join(unpacked, "package.json"));
    const [{ filename: name }] = JSON.parse(
      run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", destination], unpacked),
    );
    const bytes = readFileSync(path.join(destination, name));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { file: path.resolve(destination, name), bytes, sha256 };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function sortManifest(file) {
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  for (const [key, value] of Object.entries(manifest)) {
    if (/dependencies(Meta)?$/i.test(key)) manifest[key] = Object.fromEntries(Object.entries(value).toSorted(byName));
  }
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
}

function byName([a], [b]) {
  return a < b ? -1 : 1;
}

function filename(output) {
  return path.basename(JSON.parse(output).filename);
}

function run(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
