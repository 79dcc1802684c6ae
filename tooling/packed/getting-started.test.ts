// docs/getting-started.md on the packed packages, in an empty folder: its commands as they stand, and its code for Node. The
// Hub is a server on this machine, on which the names of the guide lead to the demo checkpoint.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type HubServer, startHub } from "../../packages/weights/test/hub-server.ts";
import { blocksOf, newcomer, remove, shell } from "./guide.ts";

const guide = "getting-started.md";
const demo = path.resolve(import.meta.dirname, "../../packages/demo-model");
const home = mkdtempSync(path.join(os.tmpdir(), "glimpse-started-"));
const folder = path.join(home, "first");
let hub: HubServer;

beforeAll(async () => {
  const files = readdirSync(`${demo}/models/captions`);
  const main = Object.fromEntries(files.map((file) => [file, readFileSync(`${demo}/models/captions/${file}`)]));
  const repo = { revisions: { main } };
  hub = await startHub({ "microsoft/git-base-coco": repo, "microsoft/git-base-vqav2": repo });
  mkdirSync(folder);
  cpSync(`${demo}/samples/pictures/03.jpg`, path.join(folder, "photo.jpg"));
});

afterAll(async () => {
  await hub.close();
  remove(home);
});

test("in Node: what is installed as it says captions the photograph as it says", { timeout: 240_000 }, async () => {
  const [install, code] = blocksOf(guide, "In Node");
  const installed = await shell(folder, install?.text ?? "", environment());
  expect(installed, installed.output).toMatchObject({ code: 0 });
  writeFileSync(path.join(folder, "first.mjs"), code?.text ?? "");
  const { output } = await shell(folder, "node first.mjs", environment());
  expect(output).toBe("a helicopter to the left of a hat on a purple background\n");
});

test("on the command line: every command", { timeout: 240_000 }, async () => {
  const [here] = blocksOf(guide, "On the command line");
  const commands = here?.text.trim().split("\n") ?? [];
  expect(commands.length).toBeGreaterThan(2);
  const said: string[] = [];
  for (const command of commands) {
    const { code, output } = await shell(folder, command, environment());
    expect(code, `${command}\n${output}`).toBe(0);
    said.push(output);
  }
  expect(said[0]).toContain("a helicopter to the left of a hat on a purple background");
  expect(said[1]).toContain("what is on the left?\n  a helicopter");
  expect(said[2]).toContain("ort-node");
});

test("on the command line: elsewhere, with nothing installed", { timeout: 240_000 }, async () => {
  const [, elsewhere] = blocksOf(guide, "On the command line");
  const empty = path.join(home, "elsewhere");
  mkdirSync(empty);
  cpSync(path.join(folder, "photo.jpg"), path.join(empty, "photo.jpg"));
  const command = elsewhere?.text.trim() ?? "";
  expect(command).toContain("npx --package=");
  const { code, output } = await shell(empty, command, environment());
  expect(code, output).toBe(0);
  expect(output).toContain("a helicopter to the left of a hat on a purple background");
  expect(output).not.toContain("slow");
});

function environment(): NodeJS.ProcessEnv {
  return { ...newcomer(home, inject("registry")), HF_ENDPOINT: hub.endpoint };
}
