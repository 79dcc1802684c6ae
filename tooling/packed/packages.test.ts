// What a user gets: every package installed from its tarball into an empty folder, imported, and the command run there.
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const { packageManager } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const pnpm = (args: readonly string[], cwd: string) =>
  run("npx", ["--yes", packageManager, ...args], { cwd, timeout: 300_000 });

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const packages = readdirSync(path.join(root, "packages")).map((folder) => {
  const file = path.join(root, "packages", folder, "package.json");
  return JSON.parse(readFileSync(file, "utf8")) as Manifest;
});

/** What a user writes: values, types under the same names, resources, and an option that there is not. */
const user = `
import { type Git, type GitConfig, GitForCausalLM, load, type TextResult } from "glimpsejs";
await using git: Git = await load();
const result: TextResult = await git.caption("a.png", { maxNewTokens: 3 });
const model: GitForCausalLM = git.model;
const config: GitConfig = model.config;
export const shown: readonly [string, number, number] = [result.text, result.logProb, config.hiddenSize];
const loaded = await GitForCausalLM.fromPretrained("x/y", { revision: "main" });
const { sequences } = await loaded.generate({ inputIds: [[1]] });
export const ids: readonly number[] | undefined = sequences[0];
for await (const piece of git.stream("a.png")) piece.trim();
using trunk = await git.encode("a.png");
// @ts-expect-error: the option is called maxNewTokens
await git.caption(trunk, { maxNewToken: 3 });
`;

describe("packed packages", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "glimpse-packed-"));

  beforeAll(async () => {
    const tarballs = Object.fromEntries(
      Object.entries(inject("tarballs")).map(([name, file]) => [name, `file:${file}`]),
    );
    const catalog = readFileSync(path.join(root, "pnpm-workspace.yaml"), "utf8");
    const version = (name: string) => new RegExp(`^  "?${name}"?: (\\S+)$`, "m").exec(catalog)?.[1] ?? "*";
    const peers = Object.fromEntries(
      ["onnxruntime-node", "vitest", "@types/node"].map((name) => [name, version(name)]),
    );
    const manifest = {
      name: "user",
      private: true,
      type: "module",
      dependencies: { ...tarballs, ...peers },
      pnpm: { overrides: tarballs },
    };
    writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest));
    await pnpm(["install", "--prefer-offline", "--ignore-scripts"], folder);
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(packages)("$name is imported under every name it exports", async ({ name, exports }) => {
    // conformance calls vitest's describe() only when it is used, but vitest itself cannot be imported outside a run.
    if (name === "@glimpsejs/conformance") return;
    const names = Object.keys(exports).filter((key) => !key.endsWith(".json"));
    const code = names.map((key) => `await import(${JSON.stringify(path.posix.join(name, key))});`).join("");
    await run(process.execPath, ["--input-type=module", "-e", code], { cwd: folder });
  });

  test.each(packages.map(({ name }) => name))("%s brings its licence and says what it is", (name) => {
    expect(readdirSync(path.join(folder, "node_modules", name))).toEqual(
      expect.arrayContaining(["LICENSE", "README.md"]),
    );
  });

  test("the command captions a picture there", async () => {
    const picture = path.join(folder, "node_modules/@glimpsejs/demo-model/samples/pictures/02.png");
    const { stdout } = await run(path.join(folder, "node_modules/.bin/glimpse"), ["caption", "--json", picture], {
      cwd: folder,
    });
    expect(JSON.parse(stdout)).toMatchObject([{ text: "a book on a white background" }]);
  });

  const strict = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--types", "node"];
  test.each([
    ["Node's resolution", ["--module", "nodenext", "--lib", "es2023,esnext.disposable"]],
    ["a bundler for Node", ["--customConditions", "node", "--lib", "es2023,esnext.disposable"]],
    ["a bundler for browsers", ["--lib", "es2023,esnext.disposable,dom,dom.iterable"]],
  ])("its types check in a strict project, with %s", async (_, flags) => {
    const bundler = flags.includes("nodenext") ? [] : ["--module", "esnext", "--moduleResolution", "bundler"];
    writeFileSync(path.join(folder, "user.ts"), user);
    await run(path.join(root, "node_modules/.bin/tsc"), [...strict, ...bundler, ...flags, "user.ts"], { cwd: folder });
  });

  test("the documentation's way of use works there", async () => {
    const code =
      'import { load } from "glimpsejs"; const git = await load(); console.log((await git.caption(process.argv[1])).text); await git.dispose();';
    const picture = path.join(folder, "node_modules/@glimpsejs/demo-model/samples/pictures/04.png");
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code, picture], { cwd: folder });
    expect(stdout.trim()).toBe("a unicorn on a gray background");
  });
});
