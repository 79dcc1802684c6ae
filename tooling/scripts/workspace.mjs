// Shared by the scripts behind `npm run …`: where the workspace is, running a command, and installing when needed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const { packageManager } = JSON.parse(readFileSync(new URL("package.json", `file://${root}`), "utf8"));

/** Runs a command in the workspace root, its output passed through; ends the process with its code if it fails. */
export function run(command, args, options = {}) {
  const { env = {}, allowFailure = false } = options;
  const shell = process.platform === "win32";
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit", shell, env: { ...process.env, ...env } });
  if (status !== 0 && !allowFailure) process.exit(status ?? 1);
  return status ?? 1;
}

/** Runs a tool that the workspace has installed. */
export function tool(name, args, options) {
  return run(fileURLToPath(new URL(`node_modules/.bin/${name}`, `file://${root}`)), args, options);
}

/** Runs the pinned pnpm through npx, so that a machine needs Node and npm only. */
export function pnpm(args, options) {
  return run("npx", ["--yes", packageManager, ...args], options);
}

/** Installs with the frozen lockfile, unless that lockfile is installed already. */
export function ensureInstalled() {
  const hash = createHash("sha256")
    .update(readFileSync(`${root}/pnpm-lock.yaml`))
    .digest("hex");
  const stamp = `${root}/node_modules/.installed-lockfile`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  console.log("Installing dependencies …");
  pnpm(["install", "--frozen-lockfile", "--reporter=append-only", "--loglevel=warn"]);
  writeFileSync(stamp, hash);
}

/** Compiles every package to dist; quick when nothing changed. turbo needs to find pnpm, which npx puts on its path. */
export function build({ force = false } = {}) {
  const flags = ["--output-logs=errors-only", "--log-order=grouped"];
  pnpm(["exec", "turbo", "run", "build", ...flags, ...(force ? ["--force"] : [])], {
    env: { TURBO_TELEMETRY_DISABLED: "1" },
  });
}
