// The licences of everything that a user installs, from an installed folder.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Licences that ask for nothing but notices. sharp's libvips is LGPL, linked dynamically and replaceable. */
const allowed = new Set([
  "MIT",
  "ISC",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "0BSD",
  "BlueOak-1.0.0",
  "MPL-2.0",
  "CC0-1.0",
]);
const exceptions = [{ name: /^@img\/sharp-/, licence: /LGPL-3\.0-or-later/ }];

/** Name, version and licence of every package below `folder`/node_modules. */
export function installedLicences(folder) {
  const found = new Map();
  const walk = (modules) => {
    if (!existsSync(modules)) return;
    for (const entry of readdirSync(modules)) {
      if (entry.startsWith(".")) continue;
      const at = path.join(modules, entry);
      if (entry.startsWith("@")) walk(at);
      else if (existsSync(path.join(at, "package.json"))) {
        const { name, version, license, licenses } = JSON.parse(readFileSync(path.join(at, "package.json"), "utf8"));
        found.set(`${name}@${version}`, {
          name,
          version,
          licence: license?.type ?? license ?? licenses?.[0]?.type ?? "none",
        });
        walk(path.join(at, "node_modules"));
      }
    }
  };
  walk(path.join(folder, "node_modules"));
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Those whose licence is not allowed. */
export function licenceProblems(list) {
  return list
    .filter(
      ({ name, licence }) =>
        !isAllowed(licence) && !exceptions.some((e) => e.name.test(name) && e.licence.test(licence)),
    )
    .map(({ name, version, licence }) => `${name}@${version} has the licence ${licence}`);
}

function isAllowed(licence) {
  const choices = licence.replace(/[()]/g, "").split(" OR ");
  return choices.some((choice) => choice.split(" AND ").every((one) => allowed.has(one)));
}
