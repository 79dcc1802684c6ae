// The store of quantized weights: made once, shared by writers who race, made again where origin or file changed.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import type { FileSink } from "@glimpsejs/core";
import { streamSafetensors } from "@glimpsejs/weights";
import { afterEach, beforeEach, expect, test } from "vitest";
import { preparedStore } from "./prepared-store.ts";

let folder: string;
let origin: { readonly files: readonly string[]; readonly madeFrom: string };
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "glimpse-prepared-"));
  const file = path.join(folder, "original");
  writeFileSync(file, "weights");
  origin = { files: [file], madeFrom: "int8" };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const source: Parameters<typeof streamSafetensors>[0] = {
  names: ["w"],
  get: () => ({ dtype: "int8", shape: [4], byteLength: 4, bytes: async () => Uint8Array.of(1, 2, 3, 4) }),
};
const kept = () => path.join(folder, "prepared");
const entries = () => readdirSync(kept());

/** The store, and how often it had something made. */
function store(env: Record<string, string> = { GLIMPSE_CACHE: folder }) {
  const made = { times: 0 };
  const prepared = preparedStore(env);
  const ask = async (from = origin, write?: (sink: FileSink) => Promise<void>) => {
    const weights = await prepared?.(
      from,
      write ??
        (async (sink) => {
          made.times++;
          await sink.write("model.safetensors", streamSafetensors(source, {}));
        }),
    );
    const bytes = await weights?.get("w")?.bytes();
    await weights?.dispose?.();
    return bytes === undefined ? undefined : [...bytes];
  };
  return { ask, made };
}

test("what was made once is there for the next, also of writers at the same time", async () => {
  const { ask, made } = store();
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 2, 3].map(() => [1, 2, 3, 4]));
  const before = made.times;
  expect(await ask()).toEqual([1, 2, 3, 4]);
  expect(await store().ask()).toEqual([1, 2, 3, 4]);
  expect(made.times).toBe(before);
  expect(entries()).toHaveLength(1);
});

test("another dtype, another file and a file that was written to are made anew", async () => {
  const { ask, made } = store();
  await ask();
  await ask({ ...origin, madeFrom: "int4" });
  writeFileSync(origin.files[0] ?? "", "other weights");
  await ask();
  expect(made.times).toBe(3);
});

test("a damaged file is made again", async () => {
  const { ask, made } = store();
  await ask();
  const [name = ""] = entries();
  truncateSync(path.join(kept(), name, "model.safetensors"), 20);
  expect(await ask()).toEqual([1, 2, 3, 4]);
  expect(made.times).toBe(2);
});

test("a writer that fails keeps nothing, and what crashes leave behind is removed after a day", async () => {
  const { ask } = store();
  const fail = async (sink: FileSink) => {
    await sink.write("model.safetensors", [Uint8Array.of(1)]);
    throw new Error("lost");
  };
  expect(await ask(origin, fail)).toBeUndefined();
  expect(entries()).toEqual([]);
  for (const name of ["old.incomplete", "new.incomplete"]) mkdirSync(path.join(kept(), name));
  utimesSync(path.join(kept(), "old.incomplete"), 0, 0);
  expect(await ask()).toEqual([1, 2, 3, 4]);
  expect(entries().filter((name) => name.endsWith(".incomplete"))).toEqual(["new.incomplete"]);
});

test("no store without a folder, nothing kept where none can be made", async () => {
  expect(preparedStore({ GLIMPSE_CACHE: "" })).toBeUndefined();
  const { ask } = store({ GLIMPSE_CACHE: path.join(folder, "original") });
  expect(await ask()).toBeUndefined();
  expect(statSync(path.join(folder, "original")).isFile()).toBe(true);
});
