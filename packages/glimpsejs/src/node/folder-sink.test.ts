// Files that savePretrained() writes: whole or not at all.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { folderSink } from "./folder-sink.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "glimpse-sink-"));
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (text: string) => new TextEncoder().encode(text);

test("writes chunks in order into a new folder, and replaces what is there", async () => {
  const nested = path.join(folder, "a", "b");
  const sink = await folderSink(nested);
  await sink.write("f", [bytes("old, and longer")]);
  await sink.write("f", [bytes("one "), bytes("two")]);
  expect(await readFile(path.join(nested, "f"), "utf8")).toBe("one two");
  expect(await readdir(nested)).toEqual(["f"]);
});

test("keeps the old file and leaves nothing else when the chunks fail, and tells their error", async () => {
  const sink = await folderSink(folder);
  await sink.write("f", [bytes("old")]);
  const lost = new Error("the weights are lost");
  async function* chunks() {
    yield bytes("new");
    throw lost;
  }
  await expect(sink.write("f", chunks())).rejects.toBe(lost);
  expect(await readFile(path.join(folder, "f"), "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["f"]);
});

test("says which place cannot be written, and why", async () => {
  await writeFile(path.join(folder, "file"), "");
  await expect(folderSink(path.join(folder, "file", "below"))).rejects.toMatchObject({
    code: "missing-file",
    message: expect.stringMatching(/file.below: it cannot be written, got ENOTDIR\. Name a place/),
    cause: expect.any(Error),
  });
  const sink = await folderSink(folder);
  await expect(sink.write(path.join("no", "folder"), [])).rejects.toThrow(/it cannot be written, got ENOENT/);
});
