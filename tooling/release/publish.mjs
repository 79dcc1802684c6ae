// Publishes what `npm run release:check` has tried: the tarballs of packAll(), those whose version the registry lacks.
// Run by the publishing workflow, which has the right to sign where they come from.
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ensureInstalled, tool } from "../scripts/workspace.mjs";
import { freshBuild, packAll, publicPackages } from "./pack.mjs";

ensureInstalled();
freshBuild();
const tarballs = packAll(mkdtempSync(path.join(os.tmpdir(), "glimpse-publish-")));
for (const { manifest } of publicPackages) {
  if (isPublished(`${manifest.name}@${manifest.version}`)) continue;
  const flags = ["--access", "public", ...(process.env.CI === undefined ? [] : ["--provenance"])];
  execFileSync("npm", ["publish", tarballs[manifest.name].file, ...flags], { stdio: "inherit" });
}
// Tags what is published now; the workflow makes a release of each "New tag" that this prints.
tool("changeset", ["tag"]);

function isPublished(spec) {
  try {
    return (
      execFileSync("npm", ["view", spec, "version"], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim() !== ""
    );
  } catch {
    return false; // the registry does not know the package yet
  }
}
