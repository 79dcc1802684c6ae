// load() in a browser: the demo checkpoint, the Hub, chosen files and sites give what Node gives for the sample pictures.

import { type Bound, bind } from "@glimpsejs/core";
import { sampleFiles } from "@glimpsejs/demo-model/samples";
import { beforeAll, describe, expect, test } from "vitest";
import { commands } from "vitest/browser";
import { load, OpfsCache, type WebSource, webPlatform } from "./index.ts";

interface Sample {
  readonly file: string;
  readonly reference_ids: readonly number[];
  readonly reference_caption: string;
  readonly questions: readonly { readonly question: string; readonly reference_answer: string }[];
}

const url = (file: string) => sampleFiles[file] ?? new URL("https://missing.invalid/");
const samples: { readonly pictures: readonly Sample[] } = await (await fetch(url("samples.json"))).json();

describe("the demo checkpoint", () => {
  let git: Awaited<ReturnType<typeof load>>;
  beforeAll(async () => {
    git = await load();
  });

  test.each(samples.pictures)("$file has the caption, ids and answers of the reference", async (sample) => {
    using trunk = await git.encode(url(sample.file));
    const { text, tokens } = await git.caption(trunk);
    expect(text).toBe(sample.reference_caption);
    expect([git.processor.tokenizer.clsTokenId, ...tokens]).toEqual(sample.reference_ids);
    const answers = await git.answer(
      trunk,
      sample.questions.map(({ question }) => question),
    );
    expect(answers.map((answer) => answer.text)).toEqual(sample.questions.map((q) => q.reference_answer));
  });

  test("scores are Node's to the last bits", async () => {
    const scores = await commands.nodeScores("pictures");
    for (const [file, { tokens, logProb, score }] of Object.entries(scores)) {
      const result = await git.caption(url(file));
      expect(result.tokens, file).toEqual(tokens);
      expect(Math.abs(result.logProb - logProb), file).toBeLessThan(1e-9);
      expect(Math.abs(result.score - score), file).toBeLessThan(1e-9);
    }
  });

  test("streams, and saves to a folder that loads again", async () => {
    const picture = await createImageBitmap(await (await fetch(url("pictures/02.png"))).blob());
    let text = "";
    for await (const piece of git.stream(picture)) text += piece;
    expect(text).toBe("a book on a white background");
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("saved", { create: true });
    await git.model.savePretrained(folder);
    await git.processor.savePretrained(folder);
    await using again = await load(folder);
    expect((await again.caption(picture)).text).toBe(text);
    await expect(git.model.savePretrained("/tmp/x")).rejects.toMatchObject({ code: "invalid-argument" });
  });
});

const models = "/packages/demo-model/models/captions/";
const names = ["config.json", "model.safetensors", "tokenizer.json", "preprocessor_config.json"];
const files = await Promise.all(names.map(async (name) => new File([await (await fetch(models + name)).blob()], name)));
const sources: Record<string, WebSource> = {
  "the path of a folder": models,
  "a URL": new URL(models, location.href),
  "URLs by name": Object.fromEntries(names.map((name) => [name, models + name])),
  "chosen files": files,
};

test.each(Object.entries(sources))("%s is a checkpoint", async (_, source) => {
  await using git = await load(source);
  expect((await git.caption(url("pictures/02.png"))).text).toBe("a book on a white background");
});

test("the Hub: downloaded with progress, kept, loaded again without a download", async () => {
  const copies = Object.fromEntries(
    names.map((name) => [name, { copy: `packages/demo-model/models/captions/${name}` }]),
  );
  const endpoint = await commands.hubStart(copies);
  const cache = new OpfsCache();
  await cache.delete();
  const there: Bound<WebSource> = bind(webPlatform({ endpoint, cache }));
  const phases = new Set<string>();
  const onProgress = ({ phase, file }: { phase: string; file: string }) => phases.add(`${phase} ${file}`);
  for (let visit = 0; visit < 2; visit++) {
    await using git = await there.load("org/name", { onProgress });
    expect((await git.caption(url("pictures/02.png"))).text).toBe("a book on a white background");
  }
  expect(phases).toContain("download model.safetensors");
  expect(phases).toContain("load weights");
  const seen = await commands.hubSeen(endpoint);
  expect(seen.filter(({ host }) => host === "cdn")).toHaveLength(1);
  await commands.hubStop(endpoint);
});

test("what is no checkpoint, and an option that is unknown, are told before anything is fetched", async () => {
  for (const source of [5, null, "not an id", "a/b/c", { "config.json": 3 }]) {
    await expect(load(source as WebSource), String(source)).rejects.toMatchObject({ code: "invalid-argument" });
  }
  await expect(load("/nowhere/")).rejects.toMatchObject({ code: "missing-file" });
  await expect(load([])).rejects.toMatchObject({ code: "invalid-argument" });
});
