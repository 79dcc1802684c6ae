// Checkpoints from the user's disk and from a site.
import { GlimpseError } from "@glimpsejs/base";
import { expect, test } from "vitest";
import { commands } from "vitest/browser";
import { openWeights } from "../hub/files.ts";
import { openDirectory, openFiles } from "./local-files.ts";
import { openUrls } from "./urls.ts";

const demo = "/packages/demo-model/models/captions/";
const bytesOf = async (name: string) => new Uint8Array(await (await fetch(`${demo}${name}`)).arrayBuffer());
const weights = await bytesOf("model.safetensors");

async function refusal(promise: Promise<unknown>): Promise<GlimpseError> {
  const error = await promise.then(
    () => expect.fail("it was accepted"),
    (reason: unknown) => reason,
  );
  if (!GlimpseError.isInstance(error)) throw error;
  return error;
}

/** A file as a folder input gives it. */
function inFolder(path: string, content: BlobPart): File {
  const file = new File([content], path.slice(path.lastIndexOf("/") + 1));
  return Object.defineProperty(file, "webkitRelativePath", { value: path });
}

test("files that were chosen together are a checkpoint", async () => {
  const files = openFiles([new File(["{}"], "config.json"), new File([weights], "model.safetensors")]);
  expect(await files.list()).toEqual(["config.json", "model.safetensors"]);
  expect(await files.json("config.json")).toEqual({});
  const source = await openWeights(files);
  await files.dispose();
  expect(source.names.length).toBeGreaterThan(50);
  expect((await source.get(source.names[0] ?? "")?.bytes())?.length).toBeGreaterThan(0);
  expect(await refusal(files.list())).toMatchObject({ code: "disposed" });
});

test("of a chosen folder, the files beside the config.json nearest to the root", async () => {
  const files = openFiles([
    inFolder("model/.git/config.json.lock", "x"),
    inFolder("model/step-100/config.json", '{"step":100}'),
    inFolder("model/config.json", '{"step":0}'),
    inFolder("model/vocab.txt", "[PAD]"),
  ]);
  expect(files.name).toBe("model");
  expect(await files.list()).toEqual(["config.json", "vocab.txt"]);
  expect(await files.json("config.json")).toEqual({ step: 0 });
  expect(() => openFiles([])).toThrow("chosen files: there are no files");
  expect(() => openFiles([new File([], "a"), new File([], "a")])).toThrow("two files have one name");
});

test("a folder handle", async () => {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("checkpoint", { create: true });
  const writable = await (await root.getFileHandle("config.json", { create: true })).createWritable();
  await writable.write('{"model_type":"git"}');
  await writable.close();
  await root.getDirectoryHandle("model.safetensors", { create: true });
  const files = openDirectory(root);
  expect(await files.list()).toEqual(["config.json"]);
  expect(await files.json("config.json")).toEqual({ model_type: "git" });
  expect(await files.source("model.safetensors")).toBeUndefined();
  expect(await refusal(openWeights(files))).toMatchObject({ code: "missing-file" });
  const source = await files.source("config.json");
  await root.removeEntry("config.json");
  expect(await refusal(source?.read(0, 2) ?? Promise.resolve())).toMatchObject({ code: "invalid-weights" });
});

test("a folder of a site: read by ranges, a page in place of a file is no file", async () => {
  const files = openUrls("demo", demo);
  expect(await files.json("config.json")).toMatchObject({ model_type: "git" });
  const source = await openWeights(files);
  expect(source.names.length).toBeGreaterThan(50);
  expect(await files.source("no-such-file.bin")).toBeUndefined();
  expect(await files.list()).toEqual(["config.json", "model.safetensors"]);
  expect(files.missingAdvice()).toContain(demo);
});

test("URLs by name, as bundlers make them, data: URLs among them", async () => {
  const files = openUrls("bundle", {
    "config.json": `data:application/json;base64,${btoa('{"a":1}')}`,
    "vocab.txt": "data:text/plain,[PAD]%0A",
    "model.safetensors": `${demo}model.safetensors`,
  });
  expect(await files.list()).toEqual(["config.json", "model.safetensors", "vocab.txt"]);
  expect(await files.json("config.json")).toEqual({ a: 1 });
  expect(new TextDecoder().decode(await files.bytes("vocab.txt", 100))).toBe("[PAD]\n");
  expect((await openWeights(files)).names.length).toBeGreaterThan(50);
  expect(await files.source("toString")).toBeUndefined();
});

test("E27: a site that breaks off is asked again, and one that stays broken is an error", async () => {
  const endpoint = await commands.hubStart({ "large.bin": { noise: 2_000_000 } });
  try {
    const network = { retries: 2, stallMs: 2000, sleep: async () => {} };
    const files = openUrls("site", `${endpoint}/org/name/resolve/main/`, { network });
    await commands.hubFaults(endpoint, { host: "cdn", faults: [{ status: 503 }, { cutAfter: 10 }] });
    const source = await files.source("large.bin");
    expect(source?.size).toBe(2_000_000);
    await commands.hubFaults(endpoint, { host: "cdn", faults: [{ status: 500 }, { status: 500 }, { status: 500 }] });
    const error = await refusal(source?.read(1_500_000, 10) ?? Promise.resolve());
    expect(error.message).toContain("the download failed after 3 tries, got HTTP 500");
    expect((await source?.read(1_500_000, 10))?.length).toBe(10);
  } finally {
    await commands.hubStop(endpoint);
  }
});
