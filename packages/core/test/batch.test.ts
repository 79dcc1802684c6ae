// Several pictures at once on a backend that computes them in pieces: each is as if it were alone.
import { readFileSync } from "node:fs";
import { ortNode } from "@glimpsejs/backend-ort-node";
import { bind } from "@glimpsejs/core";
import { demoSamples } from "@glimpsejs/demo-model";
import { loadImage } from "@glimpsejs/processor/node";
import { expect, test } from "vitest";
import { caseFolder, countingBackend, emptyFolder, glimpse, somePixels, testPlatform } from "./support.ts";

const dtypes = ["fp32", "int8", "int4"] as const;
const samples: readonly { readonly file: string }[] = JSON.parse(
  readFileSync(new URL("samples.json", demoSamples), "utf8"),
).pictures;

test.each(dtypes)("%s: eight pictures have the captions that each has alone", async (dtype) => {
  const platform = testPlatform({
    backend: () => ortNode({ threads: 1 }),
    picture: (input) => loadImage(input as URL),
  });
  await using git = await bind(platform).load(undefined, { dtype });
  const files = samples.slice(0, 8).map(({ file }) => new URL(file, demoSamples));
  const together = await git.caption(files);
  const alone = [];
  for (const file of files) alone.push(await git.caption(file));
  expect(together.map(({ text }) => text)).toEqual(alone.map(({ text }) => text));
});

test.each(["int8", "int4"] as const)("%s: a picture's keys and values are the same beside any other", async (dtype) => {
  await using model = await glimpse.GitForCausalLM.fromPretrained(undefined, {
    backend: ortNode({ threads: 1 }),
    dtype,
  });
  // The second picture has numbers thirty times as large: a scale that rounded rows of both shared would be another.
  const keysOf = async (factor: number) => {
    const pixels = somePixels(2, 3, 96, 96);
    pixels.data.set(
      pixels.data.slice(pixels.data.length / 2).map((x) => factor * x),
      pixels.data.length / 2,
    );
    using trunk = await model.encode(pixels);
    await model.generate({ trunk, maxNewTokens: 1 });
    const caches = await Promise.all(Object.values(trunk.settledCache ?? {}).map((tensor) => tensor.read()));
    return caches.flatMap(({ data }) => [...data.subarray(0, data.length / 2)].map(Number));
  };
  const [beside, other] = [await keysOf(1), await keysOf(30)];
  expect(beside.length).toBeGreaterThan(0);
  expect(other.findIndex((x, i) => x !== beside[i])).toBe(-1);
});

test.each(["absolute", "relative_key", "relative_key_query"] as const)(
  "%s positions: image rows alone, then texts",
  async (positionEmbeddingType) => {
    const folder = emptyFolder();
    const config = await glimpse.AutoConfig.fromPretrained(caseFolder("generate-image"));
    await using fresh = await glimpse.GitForCausalLM.fromConfig({ ...config, positionEmbeddingType }, { seed: 3 });
    await fresh.savePretrained(folder);
    const { plugin, fed, live } = countingBackend(ortNode({ threads: 1 }));
    await using model = await glimpse.GitForCausalLM.fromPretrained(folder, { backend: plugin, draft: false });
    const inputIds = [[1], [1, 42, 17], [1, 30]];
    const inputs = { pixelValues: somePixels(3, 3, 32, 32), inputIds, maxNewTokens: 4, eosTokenId: null };
    const { sequences } = await model.generate(inputs);
    expect(sequences).toEqual((await fresh.generate(inputs)).sequences);
    expect(fed).toEqual([0, 3, 1, 1, 1]);
    expect(live.size).toBe(0);
    await model.generate({ ...inputs, pixelValues: somePixels(1, 3, 32, 32) });
    expect(fed.slice(5, 6)).toEqual([6]); // one picture's rows go with the texts
  },
);
