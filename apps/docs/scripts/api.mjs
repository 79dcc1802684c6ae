// API pages: every public entry of every package, from its sources, as Markdown that the site renders like a guide.
// TypeDoc reads the types, typedoc-plugin-markdown writes the pages; which entries there are the packages' own
// `exports` say.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Application } from "typedoc";

const site = path.resolve(import.meta.dirname, "..");
const root = path.resolve(site, "../..");

/** Where TypeDoc writes. */
export const apiFolder = path.join(site, ".generated/api");

/**
 * Public entries: the package, what a user imports, the source relative to `packages`, and the address of its pages below
 * `/api/`. An import that is one thing in Node and another elsewhere is two entries.
 */
export function publicEntries() {
  return readdirSync(`${root}/packages`).flatMap((folder) => {
    const manifest = JSON.parse(readFileSync(`${root}/packages/${folder}/package.json`, "utf8"));
    const { name, description } = manifest;
    return Object.entries(manifest.exports).flatMap(([subpath, target]) => {
      const specifier = subpath === "." ? name : `${name}${subpath.slice(1)}`;
      const slug = specifier.replace(/^@glimpsejs\//, "");
      const entry = (source, more = {}) => {
        if (source === undefined) return [];
        return [
          { name, specifier, description, slug, title: specifier, source: path.posix.join(folder, source), ...more },
        ];
      };
      if (target.node === undefined) return entry(sourceOf(target));
      return [
        ...entry(sourceOf(target.node), { title: `${specifier} in Node` }),
        ...entry(sourceOf(target.default), { title: `${specifier} in browsers`, slug: `${slug}/web` }),
      ];
    });
  });
}

function sourceOf(target) {
  if (typeof target === "string") return target.endsWith(".ts") ? target : undefined;
  return target["@glimpsejs/source"];
}

/** Methods of WebGPU, whose shapes backend-webgpu writes down and whose meaning the standard says. */
function standardMembers() {
  const source = readFileSync(`${root}/packages/backend-webgpu/src/gpu.ts`, "utf8");
  return [...source.matchAll(/^export interface (\w+)[^{]*\{\n([\s\S]*?)^\}/gm)].flatMap(([, name, body]) =>
    [...body.matchAll(/^ {2}(\w+)\(/gm)].map(([, method]) => `backend-webgpu/src.${name}.${method}`),
  );
}

/** Writes the pages and returns the warnings that concern readers: names without a sentence, links to nowhere. */
export async function writeApi() {
  const application = await Application.bootstrapWithPlugins({
    entryPoints: publicEntries().map(({ source }) => `${root}/packages/${source}`),
    basePath: `${root}/packages`,
    tsconfig: `${site}/tsconfig.api.json`,
    plugin: ["typedoc-plugin-markdown"],
    out: apiFolder,
    router: "member",
    entryFileName: "index",
    readme: "none",
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    classPropertiesFormat: "table",
    tableColumnSettings: { hideInherited: true, hideModifiers: true, hideOverrides: true, hideSources: true },
    disableGit: true, // paths are then relative to `basePath`, in a clone as in a worktree
    gitRevision: "main",
    sourceLinkTemplate: "https://github.com/glimpsejs/glimpse/blob/main/packages/{path}#L{line}",
    validation: { notExported: false, invalidLink: true, notDocumented: true },
    packagesRequiringDocumentation: [...new Set(publicEntries().map(({ name }) => name))],
    requiredToBeDocumented: ["Enum", "Variable", "Function", "Class", "Interface", "Method", "Accessor", "TypeAlias"],
    intentionallyNotDocumented: standardMembers(),
    logLevel: "Warn",
  });
  const project = await application.convert();
  if (project === undefined) throw new Error("typedoc: the sources do not compile.");
  application.validate(project);
  await application.generateOutputs(project);
  return { warnings: application.logger.warningCount, errors: application.logger.errorCount };
}
