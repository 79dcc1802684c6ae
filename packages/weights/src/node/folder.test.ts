import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rejection } from "../../test/hub-support.ts";
import { fileWith } from "../../test/support.ts";
import { openWeights } from "../hub/files.ts";
import { openFolder } from "./index.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "glimpse-folder-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("reads a checkpoint from a folder, whose weights say where they are", async () => {
  await writeFile(join(folder, "config.json"), '{"a":1}');
  await writeFile(join(folder, "model.safetensors"), fileWith({}));
  await mkdir(join(folder, "onnx"));
  const files = await openFolder(folder);
  expect(await files.list()).toEqual(["config.json", "model.safetensors"]);
  expect(await files.json("config.json")).toEqual({ a: 1 });
  expect(await files.json("vocab.json")).toBeUndefined();
  const weights = await openWeights(files);
  await files.dispose();
  expect(weights.get("w")?.location?.file.path).toContain("model.safetensors");
  expect(await weights.get("w")?.bytes()).toEqual(Uint8Array.of(0, 1, 2, 3));
  await weights.dispose?.();
  expect(await rejection(files.json("config.json"))).toMatchObject({ code: "disposed" });
});

test("a link whose target is gone is an error, not a missing file", async () => {
  await symlink(join(folder, "nowhere"), join(folder, "config.json"));
  const files = await openFolder(folder);
  expect(String(await rejection(files.json("config.json")))).toContain("config.json: the file does not exist");
});

test("a folder without weights says what it has", async () => {
  await writeFile(join(folder, "readme.md"), "");
  const error = await rejection(openWeights(await openFolder(folder)));
  expect(error.message).toContain(`${folder}: none of the files`);
  expect(error.message).toContain('got only "readme.md"');
});

test("what is no folder is refused at once", async () => {
  await writeFile(join(folder, "file"), "");
  for (const path of [join(folder, "nothing"), join(folder, "file")]) {
    const error = await rejection(openFolder(path));
    expect(error.code).toBe("missing-file");
    expect(error.message).toContain(`${path}: it is no folder that can be read, got EN`);
  }
});
