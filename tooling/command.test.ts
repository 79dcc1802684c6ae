// The built command as a process: what only a process does. Runs after a build, with the tests on the built packages.
import { execFile, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const packages = fileURLToPath(new URL("../packages", import.meta.url));
const pictures = path.join(packages, "demo-model/samples/pictures");

test.each(["stdout", "stderr"] as const)("a reader of %s that goes away stops it without a word", async (closed) => {
  const files = readdirSync(pictures).map((name) => path.join(pictures, name));
  const command = spawn(process.execPath, [path.join(packages, "glimpsejs/bin/glimpse.js"), "caption", ...files]);
  command[closed].destroy();
  let written = "";
  for (const stream of [command.stdout, command.stderr]) stream.on("data", (chunk) => (written += chunk));
  const code = await new Promise((resolve) => command.on("close", resolve));
  expect(code).toBe(141);
  expect(written).not.toMatch(/Error|Stopped|glimpse: |\n {4}at /);
});

test("doctor keeps to itself what drivers write; a picture can be piped in", async () => {
  const run = promisify(execFile);
  const glimpse = path.join(packages, "glimpsejs/bin/glimpse.js");
  const { stdout, stderr } = await run(process.execPath, [glimpse, "doctor"], { env: { ...process.env, DISPLAY: "" } });
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^ {2}webgpu +(ready|no: .+)/m);
  expect(stdout).toMatch(/^ {2}mediabunny and @napi-rs\/webcodecs\s+ready/m);
  const piped = run(process.execPath, [glimpse, "caption", "-", "--json"]);
  piped.child.stdin?.end(readFileSync(path.join(pictures, "01.png")));
  expect(JSON.parse((await piped).stdout)).toMatchObject([{ file: "-", text: expect.stringContaining("light bulb") }]);
});
