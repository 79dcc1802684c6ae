// A user in an empty folder: installs the packed packages with one package manager, and captions a picture on one runtime.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What a user runs, and what it has to print: the fast backend's name too, because without it a slower one steps in. */
const program = `import { load } from "glimpsejs";
import { fileURLToPath } from "node:url";
const git = await load();
const picture = fileURLToPath(import.meta.resolve("@glimpsejs/demo-model/package.json")).replace("package.json", "samples/pictures/04.png");
console.log(git.backend.name);
console.log((await git.caption(picture)).text);
await git.dispose();
`;
const expected = "ort-node\na unicorn on a gray background";

/** The managers: how each installs, and where each is told to take the unpublished packages from. */
const managers = {
  npm: {
    install: ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"],
    overrides: (o) => ({ overrides: o }),
  },
  pnpm: {
    install: ["npx", "--yes", "pnpm@10.34.8", "install", "--ignore-scripts"],
    overrides: (o) => ({ pnpm: { overrides: o } }),
  },
  yarn: {
    install: ["npx", "--yes", "--package=@yarnpkg/cli-dist@4.18.1", "yarn", "install", "--mode=skip-build"],
    overrides: (o) => ({ resolutions: o }),
    files: {
      ".yarnrc.yml": "nodeLinker: node-modules\nenableTelemetry: false\nenableGlobalCache: true\n",
      "yarn.lock": "",
    },
  },
};

/** The runtimes; Bun and Deno come from npm like everything else. */
const runtimes = {
  node: (folder) => execFileSync(process.execPath, ["user.mjs"], { cwd: folder, encoding: "utf8" }),
  bun: (folder) =>
    execFileSync("npx", ["--yes", "--ignore-scripts=false", "bun@1.4.5", "user.mjs"], {
      cwd: folder,
      encoding: "utf8",
    }),
  deno: (folder) =>
    execFileSync("npx", ["--yes", "deno@2.9.6", "run", "--allow-all", "--node-modules-dir=manual", "user.mjs"], {
      cwd: folder,
      encoding: "utf8",
    }),
};

/** Every pair that is checked: each manager with Node, and each other runtime on npm's folder. */
export const users = [
  ...Object.keys(managers).map((manager) => ({ manager, runtime: "node" })),
  { manager: "npm", runtime: "bun" },
  { manager: "npm", runtime: "deno" },
];

/** Makes the folder of a manager, once. `tarballs` is what packAll() returned. */
export function install(manager, folder, tarballs, peers) {
  const { install: command, overrides, files = {} } = managers[manager];
  mkdirSync(folder, { recursive: true });
  const local = Object.fromEntries(Object.entries(tarballs).map(([name, { file }]) => [name, `file:${file}`]));
  // npm refuses an override of a direct dependency that does not say the same, so all of them are direct.
  const manifest = {
    name: "user",
    private: true,
    type: "module",
    dependencies: { ...local, ...peers },
    ...overrides(local),
  };
  if (manager === "npm") delete manifest.overrides;
  writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest, null, 2));
  writeFileSync(path.join(folder, "user.mjs"), program);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  execFileSync(command[0], command.slice(1), {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" },
  });
}

/** Runs the program; returns what is wrong, or undefined. */
export function captionProblem(runtime, folder) {
  const printed = runtimes[runtime](folder).trim();
  return printed === expected ? undefined : `printed ${JSON.stringify(printed)} and not ${JSON.stringify(expected)}`;
}
