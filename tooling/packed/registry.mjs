// An npm registry on this machine, for tests that install what a user installs: this workspace's packages as they are
// published, and everything else as it is installed here. So a guide's `npm install` runs as it is written, before a
// release and without a network. It serves reading alone, and knows only the version that the workspace has.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import os from "node:os";
import path from "node:path";
import { root } from "../scripts/workspace.mjs";

const store = path.join(root, "node_modules/.pnpm");

/** Starts it; `packed` is name to tarball path. Resolves to its address and how to stop it. */
export async function startRegistry(packed) {
  const scratch = mkdtempSync(path.join(os.tmpdir(), "glimpse-registry-"));
  const installed = installedPackages();
  let address = "";

  const server = createServer((request, response) => {
    const wanted = decodeURIComponent(request.url ?? "").slice(1);
    const [name, file] = wanted.split("/-/");
    try {
      if (file !== undefined) {
        response.writeHead(200, { "content-type": "application/octet-stream" }).end(tarball(name, file));
        return;
      }
      const versions = manifests(name);
      if (versions.length === 0) {
        response.writeHead(404, { "content-type": "application/json" }).end("{}");
        return;
      }
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(packument(name, versions)));
    } catch (error) {
      response.writeHead(500, { "content-type": "text/plain" }).end(String(error));
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${server.address().port}`;
  return {
    address,
    stop() {
      server.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };

  /** package.json of every version there is, the newest last. */
  function manifests(name) {
    if (Object.hasOwn(packed, name)) {
      const text = execFileSync("tar", ["-xzOf", packed[name], "package/package.json"], { encoding: "utf8" });
      return [JSON.parse(text)];
    }
    return (installed.get(name) ?? []).map((folder) => JSON.parse(readFileSync(`${folder}/package.json`, "utf8")));
  }

  function packument(name, versions) {
    const entries = versions.map((manifest) => {
      const file = `${name.replace(/^.*\//, "")}-${manifest.version}.tgz`;
      return [manifest.version, { ...manifest, dist: { tarball: `${address}/${name}/-/${file}` } }];
    });
    return { name, "dist-tags": { latest: versions.at(-1).version }, versions: Object.fromEntries(entries) };
  }

  function tarball(name, file) {
    if (Object.hasOwn(packed, name)) return readFileSync(packed[name]);
    const version = file.slice(name.replace(/^.*\//, "").length + 1, -".tgz".length);
    const folder = installed.get(name)?.find((candidate) => versionOf(candidate) === version);
    const made = path.join(scratch, `${encodeURIComponent(name)}-${version}.tgz`);
    if (existsSync(made)) return readFileSync(made);
    const copy = mkdtempSync(path.join(scratch, "copy-"));
    cpSync(folder, `${copy}/package`, { recursive: true });
    execFileSync("tar", ["-cf", made, "package"], { cwd: copy }); // not compressed: it goes nowhere
    rmSync(copy, { recursive: true });
    return readFileSync(made);
  }
}

/** Name to folders, in the order of their versions. */
function installedPackages() {
  const found = new Map();
  for (const entry of readdirSync(store)) {
    const modules = path.join(store, entry, "node_modules");
    if (!existsSync(modules)) continue;
    const scopes = readdirSync(modules, { withFileTypes: true });
    const names = scopes.flatMap((item) => {
      if (!item.name.startsWith("@")) return item.isDirectory() ? [item.name] : [];
      return readdirSync(path.join(modules, item.name), { withFileTypes: true })
        .filter((inner) => inner.isDirectory())
        .map((inner) => `${item.name}/${inner.name}`);
    });
    for (const name of names) {
      const folder = path.join(modules, name);
      if (!existsSync(`${folder}/package.json`)) continue;
      const folders = found.get(name) ?? [];
      if (!folders.some((other) => versionOf(other) === versionOf(folder))) folders.push(folder);
      found.set(name, folders);
    }
  }
  const byVersion = (a, b) => versionOf(a).localeCompare(versionOf(b), undefined, { numeric: true });
  for (const folders of found.values()) folders.sort(byVersion);
  return found;
}

function versionOf(folder) {
  return JSON.parse(readFileSync(`${folder}/package.json`, "utf8")).version;
}
