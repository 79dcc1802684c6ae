// Whatever callers of JavaScript hand in, in whatever place: a GlimpseError or a result, and the next call works.
import { GlimpseError } from "@glimpsejs/base";
import { bind, type Git, type GitForCausalLM } from "@glimpsejs/core";
import { float32, int32 } from "@glimpsejs/graph";
import { type Picture, toPicture } from "@glimpsejs/processor";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { caseFolder, glimpse, picture, somePixels, testPlatform } from "./support.ts";

const pixelValues = picture(somePixels(1, 3, 32, 32), 0);
const photo: Picture = { width: 4, height: 4, data: new Uint8Array(48) };
let model: GitForCausalLM;
let git: Git;

beforeAll(async () => {
  model = await glimpse.GitForCausalLM.fromPretrained(caseFolder("forward-base"));
  git = await bind(testPlatform({ picture: async (input) => toPicture(input as Picture) })).load();
});
afterAll(async () => {
  await model.dispose();
  await git.dispose();
});

/** Values of every kind, right ones among them. */
const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    "",
    "x",
    Symbol("x"),
    10n,
    () => 1,
    new Date(0),
    new Map(),
    [],
    [[]],
    {},
  ),
  fc.constantFrom<unknown>(0, -1, 1, 1.5, 1e9, Number.NaN, Number.POSITIVE_INFINITY),
  fc.constantFrom<unknown>(
    [1],
    [[1]],
    [[1, 2], [3]],
    [["a"]],
    [[-1]],
    [[99]],
    [[1.5]],
    [null],
    ["ab"],
    [Int32Array.of(1)],
  ),
  fc.constantFrom<unknown>(
    new Float32Array(3),
    pixelValues,
    float32([1], [1]),
    int32([1], [1, 1]),
    somePixels(2, 3, 32, 32),
    somePixels(1, 2, 3, 32, 32),
    somePixels(1, 3, 33, 32),
    somePixels(3, 4),
    { dtype: "float32", shape: [-1], data: new Float32Array(1) },
    { dtype: "float32", shape: "x", data: new Float32Array(1) },
  ),
  fc.constantFrom<unknown>(photo, [photo], { ...photo, width: 5 }, { frames: [photo] }, { frames: 5 }),
  fc.jsonValue({ maxDepth: 2 }),
);

const argumentsOf = (names: readonly string[], right: object) =>
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc
        .dictionary(fc.constantFrom(...names), anything, { maxKeys: 3 })
        .map((wrong) => ({ ...right, ...wrong })),
    },
    { weight: 1, arbitrary: anything },
  );

async function isTyped(call: () => unknown): Promise<void> {
  try {
    const result = await call();
    if (typeof result === "object" && result !== null && "dispose" in result) (result as { dispose(): void }).dispose();
  } catch (error) {
    if (!GlimpseError.isInstance(error)) throw error;
  }
}

const runs = { seed: 11, numRuns: 400 };
const forwardNames =
  "inputIds inputsEmbeds attentionMask positionIds pixelValues headMask labels pastKeyValues useCache outputAttentions outputHiddenStates interpolatePosEncoding signal nothing".split(
    " ",
  );
const generateNames =
  "pixelValues trunk inputIds attentionMask interpolatePosEncoding maxNewTokens maxLength minLength minNewTokens numBeams numBeamGroups doSample temperature topK topP minP typicalP epsilonCutoff etaCutoff repetitionPenalty noRepeatNgramSize badWordsIds suppressTokens beginSuppressTokens forcedBosTokenId forcedEosTokenId eosTokenId bosTokenId lengthPenalty earlyStopping numReturnSequences diversityPenalty seed outputScores prefixAllowedTokens logitsProcessors stoppingCriteria stopStrings useCache decode signal nothing".split(
    " ",
  );

test("forward()", async () => {
  const inputs = argumentsOf(forwardNames, { inputIds: [[1, 5, 6]], pixelValues });
  await fc.assert(
    fc.asyncProperty(inputs, (x) => isTyped(() => model.forward(x as never))),
    runs,
  );
  expect((await model.forward({ inputIds: [[1]] })).logits?.shape).toEqual([1, 1, 99]);
});

test("generate(), encode(), scoreTexts(), pruneHeads(), resizeTokenEmbeddings()", async () => {
  const inputs = argumentsOf(generateNames, { pixelValues, maxNewTokens: 2 });
  await fc.assert(
    fc.asyncProperty(inputs, (x) => isTyped(() => model.generate(x as never))),
    runs,
  );
  await fc.assert(
    fc.asyncProperty(anything, anything, async (a, b) => {
      await isTyped(() => model.encode(a as never, b as never));
      await isTyped(() => model.scoreTexts(a as never));
      await isTyped(() => model.scoreTexts({ trunk: a, picture: b, prompt: a, texts: b } as never));
      await isTyped(() => model.pruneHeads({ 7: a } as never));
      await isTyped(() => model.resizeTokenEmbeddings(`${typeof a}` as never, b as never));
    }),
    runs,
  );
  expect((await model.generate({ pixelValues, maxNewTokens: 2 })).sequences).toHaveLength(1);
});

test("the front door", async () => {
  const short = { maxNewTokens: 1 };
  await fc.assert(
    fc.asyncProperty(anything, anything, async (a, b) => {
      await isTyped(() => git.caption(a, short));
      await isTyped(() => git.caption(photo, a as never));
      await isTyped(() => git.answer(photo, a as never, b as never));
      await isTyped(async () => {
        for await (const _ of git.stream(a, b as never));
      });
      await isTyped(() => git.encode(a, b as never));
      await isTyped(() => git.rank(photo, a as never, b as never));
      await isTyped(() => git.explain(photo, a as never));
      await isTyped(() => git.processor.process({ images: a, text: b } as never));
      await isTyped(() => git.processor.process(a as never));
      await isTyped(() => git.processor.batchDecode(a as never, b as never));
    }),
    { seed: 12, numRuns: 20 },
  );
  expect((await git.caption(photo, short)).tokens).toHaveLength(1);
}, 120_000);

const tiny = {
  ...{ vocabSize: 9, hiddenSize: 4, numHiddenLayers: 1, numAttentionHeads: 1, intermediateSize: 4 },
  ...{ maxPositionEmbeddings: 8, bosTokenId: 1, eosTokenId: 2 },
  visionConfig: { hiddenSize: 4, numHiddenLayers: 1, numAttentionHeads: 1, intermediateSize: 4, imageSize: 8 },
};

test("loading", async () => {
  await fc.assert(
    fc.asyncProperty(anything, async (x) => {
      await isTyped(() => glimpse.load(caseFolder("nowhere"), x as never));
      await isTyped(async () =>
        (await glimpse.GitForCausalLM.fromConfig({ ...tiny, ...(x as object) } as never, x as never)).dispose(),
      );
    }),
    { seed: 13, numRuns: 200 },
  );
});
