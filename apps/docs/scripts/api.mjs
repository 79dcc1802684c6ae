// API pages: every public entry of every package, from its sources, as Markdown that the site renders like a guide.
// TypeDoc reads the types, typedoc-plugin-markdown writes the pages; which entries there are the packages' own
// `exports` say.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Application, ConsoleLogger, LogLevel } from "typedoc";

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

/** Kinds of names that need a sentence of their own: everything that a reader can write or read. */
const needSentence = [
  ...["Enum", "EnumMember", "Variable", "Function", "Class", "Interface", "TypeAlias"],
  ...["Constructor", "Method", "Accessor", "Property"],
];

/**
 * Members that need none: of the standards whose shapes a file writes down, where the standard says what they mean, and the
 * inputs and attributes of ops, which the one sentence about each op names (a test sees to that).
 */
const saidElsewhere = [
  /defined in @glimpsejs\/backend-webgpu\/src\/gpu\.ts,/,
  /defined in @glimpsejs\/processor\/src\/clip\/web-codecs\.ts,/,
  /\.__type\.\w+ \(Property\), defined in @glimpsejs\/graph\/src\/ops\//,
];

/** Prints TypeDoc's warnings, and keeps those that concern readers. */
class Readers extends ConsoleLogger {
  /** Names without a sentence, links to nowhere. */
  warnings = [];

  validationWarning(text, ...where) {
    if (saidElsewhere.some((pattern) => pattern.test(text))) return;
    this.warnings.push(text);
    super.validationWarning(text, ...where);
  }
}

/** What TypeDoc makes of some entries, each a source file, with what it has to say about them. */
export async function readApi(entryPoints, packages, more = {}) {
  const application = await Application.bootstrapWithPlugins({
    entryPoints,
    basePath: `${root}/packages`,
    tsconfig: `${site}/tsconfig.api.json`,
    readme: "none",
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    disableGit: true, // paths are then relative to `basePath`, in a clone as in a worktree
    gitRevision: "main",
    sourceLinkTemplate: "https://github.com/glimpsejs/glimpse/blob/main/packages/{path}#L{line}",
    validation: { notExported: false, invalidLink: true, notDocumented: true },
    packagesRequiringDocumentation: packages,
    requiredToBeDocumented: needSentence,
    logLevel: "Warn",
    ...more,
  });
  const logger = new Readers();
  logger.level = LogLevel.Warn;
  application.logger = logger;
  const project = await application.convert();
  if (project === undefined) throw new Error("typedoc: the sources do not compile.");
  application.validate(project);
  return { application, project, logger };
}

/** Writes the pages; returns how many errors there were, and warnings. */
export async function writeApi() {
  const { application, project, logger } = await readApi(
    publicEntries().map(({ source }) => `${root}/packages/${source}`),
    [...new Set(publicEntries().map(({ name }) => name))],
    {
      plugin: ["typedoc-plugin-markdown"],
      out: apiFolder,
      router: "member",
      entryFileName: "index",
      hidePageHeader: true,
      hideBreadcrumbs: true,
      useCodeBlocks: true,
      parametersFormat: "table",
      interfacePropertiesFormat: "table",
      classPropertiesFormat: "table",
      tableColumnSettings: { hideInherited: true, hideModifiers: true, hideOverrides: true, hideSources: true },
    },
  );
  await application.generateOutputs(project);
  return { warnings: logger.warningCount, errors: logger.errorCount };
}
