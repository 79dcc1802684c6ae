// A rounded decoder that guesses: the same texts in fewer runs of the decoder, whatever it guesses and whatever becomes of it.
import { readFileSync } from "node:fs";
import type { BackendPlugin } from "@glimpsejs/backend";
import { ortNode } from "@glimpsejs/backend-ort-node";
import { reference } from "@glimpsejs/backend-reference";
import { GlimpseError } from "@glimpsejs/base";
import { demoSamples } from "@glimpsejs/demo-model";
import { float32 } from "@glimpsejs/graph";
import { loadImage } from "@glimpsejs/processor/node";
import { afterEach, describe, expect, test } from "vitest";
import { AbortedError, bind, type GenerateInputs, type GitForCausalLM, type ModelOptions } from "../src/index.ts";
import { caseFolder, countingBackend, emptyFolder, glimpse, somePixels, testPlatform } from "./support.ts";

const pixelValues = somePixels(1, 3, 32, 32);
const { plugin, runs, live } = countingBackend();
afterEach(() => {
  for (const name of Object.keys(runs)) runs[name] = 0;
});

function load(options: ModelOptions, source = caseFolder("generate-image")): Promise<GitForCausalLM> {
  return glimpse.GitForCausalLM.fromPretrained(source, { backend: plugin, ...options });
}

/** The texts and log-probabilities; the latter are sums of the same products in another order. */
async function same(drafted: GitForCausalLM, plain: GitForCausalLM, inputs: GenerateInputs): Promise<void> {
  const [a, b] = [await drafted.generate(inputs), await plain.generate(inputs)];
  expect(a.sequences).toEqual(b.sequences);
  expect(a.times).toHaveLength(b.times.length);
  for (const [i, logProbs] of b.logProbs.entries()) {
    for (const [t, logProb] of logProbs.entries()) expect(a.logProbs[i]?.[t]).toBeCloseTo(logProb, 4);
  }
  expect(live.size).toBe(0);
}

describe.each(["int8", "int4"] as const)("guesses of %s", (draft) => {
  test.each<[string, GenerateInputs]>([
    ["a caption", {}],
    ["a question", { inputIds: [[1, 42, 17]] }],
    ["a padded prompt", { inputIds: [[0, 1, 42]], attentionMask: [[0, 1, 1]] }],
    ["one token", { maxNewTokens: 1 }],
    ["two tokens", { maxNewTokens: 2 }],
    ["up to a length", { maxNewTokens: null, maxLength: 9 }],
    ["an end in the middle", { eosTokenId: [2, 97, 60, 8, 94] }],
    ["tokens that must not come", { suppressTokens: [94, 60], beginSuppressTokens: [8], minNewTokens: 4 }],
    ["no pair of tokens twice", { noRepeatNgramSize: 2 }],
    ["an end that is forced", { forcedEosTokenId: 2 }],
    ["a stopping rule", { stoppingCriteria: [(tokens) => tokens.length > 6] }],
    ["no log-probabilities", { outputLogProbs: false }],
    ["text without a picture", { pixelValues: undefined, inputIds: [[1, 30]] }],
    ["what it is not made for: two pictures", { pixelValues: somePixels(2, 3, 32, 32) }],
    ["what it is not made for: scores, beams and no cache", { outputScores: true, numBeams: 2, useCache: false }],
  ])("%s", async (_, options) => {
    await using plain = await load({});
    await using drafted = await load({ draft });
    await same(drafted, plain, { pixelValues, maxNewTokens: 12, eosTokenId: null, ...options });
  });
});

test.each(["relative_key", "relative_key_query"] as const)("%s", async (positionEmbeddingType) => {
  const folder = emptyFolder();
  const config = await glimpse.AutoConfig.fromPretrained(caseFolder("generate-image"));
  await using fresh = await glimpse.GitForCausalLM.fromConfig({ ...config, positionEmbeddingType }, { seed: 3 });
  await fresh.savePretrained(folder);
  await using plain = await load({}, folder);
  await using drafted = await load({ draft: "int8" }, folder);
  await same(drafted, plain, { pixelValues, maxNewTokens: 12, eosTokenId: null });
  expect(runs["draft"]).toBeGreaterThan(0);
  await using rounded = await load({ dtype: "int4" }, folder); // whose decoder is one of text rows, too
  expect((await rounded.generate({ pixelValues, maxNewTokens: 3 })).generated).toHaveLength(1);
});

describe.each(Object.entries({ "ort-node": () => ortNode({ threads: 1 }), reference }))("on %s", (_, inner) => {
  test("samples have their captions in fewer runs", async () => {
    const watched = countingBackend(inner());
    const platform = testPlatform({ picture: (input) => loadImage(input as URL) });
    await using git = await bind(platform).load(undefined, { backend: watched.plugin, draft: "int8" });
    const samples: { pictures: readonly { file: string; reference_caption: string }[] } = JSON.parse(
      readFileSync(new URL("samples.json", demoSamples), "utf8"),
    );
    let tokens = 0;
    for (const { file, reference_caption } of samples.pictures.slice(0, 4)) {
      const { text, tokens: made } = await git.caption(new URL(file, demoSamples));
      expect(text).toBe(reference_caption);
      tokens += made.length;
    }
    expect(watched.runs["decoder"]).toBeLessThan(0.6 * tokens);
    expect(watched.runs["draft"]).toBeGreaterThan(0);
    expect(watched.live.size).toBe(0);
  });
});

test("tokens come one by one, and an abort tells those so far", async () => {
  await using model = await load({ draft: "int8" });
  const controller = new AbortController();
  const { signal } = controller;
  const steps = model.generateSteps({ pixelValues, maxNewTokens: 12, eosTokenId: null, signal });
  for (const length of [1, 2, 3]) {
    const step = await steps.next();
    if (step.done) expect.fail("it ended too early");
    expect(step.value.sequences.map(({ tokens }) => tokens.length)).toEqual([length]);
  }
  controller.abort();
  const error = await steps.next().catch((reason: unknown) => reason);
  expect(error instanceof AbortedError && error.sequences.map(({ tokens }) => tokens.length)).toEqual([3]);
  expect(live.size).toBe(0);
});

test.each([
  ["fails when it is run", () => Promise.reject(new Error("no memory"))],
  ["computes no number", () => Promise.resolve({ dtype: "int32", shape: [1, 1], data: Int32Array.of(-1) } as const)],
  [
    "guesses one token always",
    () => Promise.resolve({ dtype: "int32", shape: [1, 1], data: Int32Array.of(5) } as const),
  ],
])("a draft that %s changes no text", async (_, read) => {
  const broken = withDraftReading(plugin, read);
  await using plain = await load({});
  await using drafted = await load({ draft: "int8", backend: broken });
  const inputs = { pixelValues, maxNewTokens: 12, eosTokenId: null };
  await same(drafted, plain, inputs);
  expect(runs["draft"]).toBeLessThan(10); // it is given up
});

test("a draft that is fed what it does not take is told of, since that is a mistake of ours", async () => {
  const wrong = () =>
    Promise.reject(new GlimpseError({ subject: "feed", problem: "unknown" }, { code: "invalid-argument" }));
  await using drafted = await load({ draft: "int8", backend: withDraftReading(plugin, wrong) });
  await expect(drafted.generate({ pixelValues, maxNewTokens: 6, eosTokenId: null })).rejects.toThrow("feed: unknown");
  expect(live.size).toBe(0);
});

test("NaN is told of", async () => {
  await using model = await load({ draft: "int8" });
  const bad = float32(new Float32Array(3 * 32 * 32).fill(Number.NaN), [1, 3, 32, 32]);
  await expect(model.generate({ pixelValues: bad })).rejects.toMatchObject({ code: "non-finite" });
  expect(live.size).toBe(0);
});

test("weights that change end it", async () => {
  await using plain = await load({});
  await using drafted = await load({ draft: "int8" });
  const inputs = { pixelValues, maxNewTokens: 6, eosTokenId: null };
  for (const model of [plain, drafted]) await model.pruneHeads({ 0: [0] });
  await same(drafted, plain, inputs);
  expect(runs["draft"] ?? 0).toBe(0);
});

test.each([
  [true, /option "draft": there is no such dtype, expected "int8", "int4", got true/],
  ["fp16", /option "draft": there is no such dtype, expected "int8", "int4", got "fp16"/],
])("draft %s is refused", async (draft, message) => {
  await expect(load({ draft: draft as never })).rejects.toThrow(message);
});

/** `inner`, whose drafts choose what `read` says. */
function withDraftReading(inner: BackendPlugin, read: () => Promise<unknown>): BackendPlugin {
  return {
    ...inner,
    async open() {
      const backend = await inner.open();
      return {
        ...backend,
        async compile(graphs, weights, signal) {
          const program = await backend.compile(graphs, weights, signal);
          const run: typeof program.run = async (graph, feeds, outputs) => {
            const results = await program.run(graph, feeds, outputs);
            if (graph === "draft") Object.assign((results as Record<string, object>)["nextIds"] ?? {}, { read });
            return results;
          };
          return { graphs: program.graphs, run, dispose: () => program.dispose() };
        },
      };
    },
  };
}
