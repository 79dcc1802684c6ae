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

/** What a package holds besides what its manifest says. Allowed, since it is optional and nothing here contains it. */
const notes = [{ name: /^@napi-rs\/webcodecs-/, note: "its binary holds x264 (GPL-2.0-or-later)" }];

/** The list as a table of Markdown. */
export function licenceTable(list) {
  const rows = list.map(({ name, version, licence }) => {
    const note = notes.find((one) => one.name.test(name))?.note;
    return `| ${name} | ${version} | ${licence}${note === undefined ? "" : `; ${note}`} |`;
  });
  return ["| package | version | licence |", "| --- | --- | --- |", ...rows].join("\n");
}

/** Several lists as one. */
export function mergeLicences(...lists) {
  const all = new Map(lists.flat().map((one) => [`${one.name}@${one.version}`, one]));
  return [...all.values()].toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

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
