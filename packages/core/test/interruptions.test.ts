// What goes wrong in the middle of a call: callbacks that throw, outputs that cannot be read, readers that stop, models
// that change or are disposed. The caller is told, nothing stays on the device, and the next call works.
import { GlimpseError } from "@glimpsejs/base";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { GenerateInputs, GitForCausalLM } from "../src/index.ts";
import { caseFolder, countingBackend, glimpse, picture, somePixels } from "./support.ts";

const { plugin, live, unreadable } = countingBackend();
const pixelValues = picture(somePixels(1, 3, 32, 32), 0);
const short: GenerateInputs = { pixelValues, maxNewTokens: 4, eosTokenId: null };
const load = () => glimpse.GitForCausalLM.fromPretrained(caseFolder("generate-image"), { backend: plugin });
const code = (wanted: GlimpseError["code"]) => (error: unknown) => GlimpseError.isInstance(error, wanted);
let model: GitForCausalLM;
let usual: readonly (readonly number[])[];

beforeAll(async () => {
  model = await load();
  usual = (await model.generate(short)).sequences;
});
afterAll(() => model.dispose());
beforeEach(() => {
  unreadable.output = undefined;
});

async function worksAsUsual(): Promise<void> {
  expect(live.size).toBe(0);
  expect((await model.generate(short)).sequences).toEqual(usual);
  expect(live.size).toBe(0);
}

describe("a callback that throws", () => {
  const boom = new Error("the callback is broken");
  const thrower = (): never => {
    throw boom;
  };
  test.each<[string, Partial<GenerateInputs>]>([
    ["logitsProcessors", { logitsProcessors: [thrower] }],
    ["prefixAllowedTokens", { prefixAllowedTokens: thrower }],
    ["stoppingCriteria", { stoppingCriteria: [thrower] }],
    ["decode", { decode: thrower, stopStrings: "a" }],
  ])("as %s reaches the caller as it is, in every search", async (_, options) => {
    for (const search of [{}, { doSample: true }, { numBeams: 2 }, { useCache: false }]) {
      await expect(model.generate({ ...short, ...search, ...options })).rejects.toBe(boom);
      await worksAsUsual();
    }
  });
});

describe("an output that cannot be read", () => {
  test.each(["logits", "lastHiddenState", "hiddenStates.1", "attentions.1.text"])(
    "%s: forward() frees the others",
    async (output) => {
      unreadable.output = output;
      const call = model.forward({
        pixelValues,
        inputIds: [[1, 2]],
        outputHiddenStates: true,
        outputAttentions: true,
        useCache: true,
      });
      await expect(call).rejects.toThrow(`${output} is lost`);
      unreadable.output = undefined;
      await worksAsUsual();
    },
  );

  test("generate() and scoreTexts() free cache and trunk", async () => {
    unreadable.output = "nextIds";
    await expect(model.generate(short)).rejects.toThrow("nextIds is lost");
    unreadable.output = "candidateIds";
    await expect(model.generate({ ...short, numBeams: 3 })).rejects.toThrow("candidateIds is lost");
    unreadable.output = "logits";
    await expect(model.generate({ ...short, outputScores: true })).rejects.toThrow("logits is lost");
    const trunk = await model.encode(pixelValues);
    unreadable.output = "givenLogits";
    await expect(model.scoreTexts({ trunk, picture: 0, prompt: [1], texts: [[5, 2]] })).rejects.toThrow("is lost");
    trunk.dispose();
    unreadable.output = undefined;
    await worksAsUsual();
  });

  test("GitVisionModel.forward() frees the others", async () => {
    await using vision = await glimpse.GitVisionModel.fromPretrained(caseFolder("generate-image"), { backend: plugin });
    unreadable.output = "lastHiddenState";
    await expect(vision.forward({ pixelValues, outputHiddenStates: true })).rejects.toThrow("is lost");
    expect(live.size).toBe(0);
  });
});

describe("generateSteps()", () => {
  test("whose reader stops does not keep other calls waiting", async () => {
    const steps = model.generateSteps(short);
    await steps.next();
    expect((await model.generate(short)).sequences).toEqual(usual);
    expect((await model.forward({ pixelValues, inputIds: [[1]] })).logits?.shape).toEqual([1, 18, 99]);
    await steps.return([]);
    await worksAsUsual();
  });

  test("two at a time, each with what is in between, give what they give alone", async () => {
    const [a, b] = [model.generateSteps(short), model.generateSteps({ ...short, numBeams: 3 })];
    const [inTurn, beams] = [await model.generate(short), await model.generate({ ...short, numBeams: 3 })];
    let [x, y] = [await a.next(), await b.next()];
    while (!x.done || !y.done) [x, y] = await Promise.all([x.done ? x : a.next(), y.done ? y : b.next()]);
    expect(x.value.map(({ tokens }) => tokens)).toEqual(inTurn.generated);
    expect(y.value.map(({ tokens }) => tokens)).toEqual(beams.generated);
    await worksAsUsual();
  });

  test("ends with an error that says why when the model is changed or disposed in between", async () => {
    for (const useCache of [true, false]) {
      const own = await load();
      const changed = own.generateSteps({ ...short, useCache });
      await changed.next();
      await own.resizeTokenEmbeddings(120);
      await expect(changed.next()).rejects.toThrow(/changed it since this text was begun.*Begin the text anew/);
      const disposed = own.generateSteps({ ...short, useCache });
      await disposed.next();
      await own.dispose();
      await expect(disposed.next()).rejects.toSatisfy(code("disposed"));
      expect(live.size).toBe(0);
    }
  });
});

describe("a model that changes", () => {
  test("is what a call that waited behind the change is checked against", async () => {
    await using own = await load();
    const change = own.resizeTokenEmbeddings(50);
    const [call, steps] = [own.generate({ ...short, inputIds: [[1, 80]] }), own.generateSteps({ inputIds: [[1, 80]] })];
    await expect(steps.next()).rejects.toThrow(/no such token.*0 to 49, got 80/);
    await expect(call).rejects.toThrow(/no such token.*0 to 49, got 80/);
    await change;
  });

  test("refuses the trunks and states of before, and those of other models", async () => {
    await using own = await load();
    using trunk = await own.encode(pixelValues);
    const { pastKeyValues } = await own.forward({ pixelValues, inputIds: [[1]], useCache: true });
    const refusals = async (by: GitForCausalLM) => {
      await expect(by.generate({ trunk })).rejects.toThrow(/^trunk: it is of another model.*Encode the picture again/);
      await expect(by.scoreTexts({ trunk, picture: 0, prompt: [1], texts: [[2]] })).rejects.toThrow(/^trunk: it is of/);
      await expect(by.forward({ inputIds: [[2]], pastKeyValues })).rejects.toThrow(/^pastKeyValues: they are of/);
    };
    await refusals(model);
    await own.pruneHeads({ 0: [1] });
    await refusals(own);
    pastKeyValues?.dispose();
  });

  test("is not changed or saved after dispose()", async () => {
    const own = await load();
    await own.dispose();
    await expect(own.resizeTokenEmbeddings(50)).rejects.toSatisfy(code("disposed"));
    await expect(own.pruneHeads({ 0: [1] })).rejects.toSatisfy(code("disposed"));
    await expect(own.savePretrained("nowhere")).rejects.toSatisfy(code("disposed"));
  });
});

describe("what is checked before anything runs", () => {
  test("labels without anything to predict, labels without a head, rows that are no rows", async () => {
    await expect(model.forward({ pixelValues, inputIds: [[1, 2]], labels: [[5, -100]] })).rejects.toThrow(
      /nothing to predict/,
    );
    await using headless = await glimpse.GitModel.fromPretrained(caseFolder("generate-image"), { backend: plugin });
    const labelled = { pixelValues, inputIds: [[1, 2]], labels: [[1, 2]] };
    await expect(headless.forward(labelled)).rejects.toThrow(/labels: a loss needs the vocabulary head/);
    const flat = [1, 2] as unknown as number[][];
    await expect(model.forward({ pixelValues, inputIds: flat })).rejects.toThrow(/inputIds row 0: it is not a list/);
    await expect(model.generate({ pixelValues, inputIds: flat })).rejects.toThrow(/inputIds row 0: it is not a list/);
    await worksAsUsual();
  });

  test("pixel values with several problems tell all of them", async () => {
    await expect(model.encode(somePixels(1, 4, 32, 40))).rejects.toThrow(/channels is wrong[\s\S]*wrong size/);
  });

  test("texts to be scored that do not fit", async () => {
    using trunk = await model.encode(pixelValues);
    const score = (prompt: number[], texts: number[][], picture = 0) =>
      model.scoreTexts({ trunk, picture, prompt, texts });
    await expect(score([], [[1]], 1)).rejects.toThrow(/prompt: it holds no token[\s\S]*picture: .*0 to 0, got 1/);
    await expect(score([1], [[2], [], [99], Array(65).fill(5)])).rejects.toThrow(
      /text 1: .*got 0[\s\S]*text 2: there is no such token[\s\S]*text 3: .*1 to 64 tokens, got 65/,
    );
    trunk.dispose();
    await worksAsUsual();
  });

  test("unknown options of encode(), fromConfig() and resizeTokenEmbeddings()", async () => {
    await expect(model.encode(pixelValues, { interpolate: true } as object)).rejects.toThrow(/no such option/);
    await expect(glimpse.GitModel.fromConfig(model.config, { sead: 1 } as object)).rejects.toThrow(/mean "seed"/);
    await expect(model.resizeTokenEmbeddings(99, { seed: 0.5 })).rejects.toThrow(/"seed".*not an integer/);
    const onProgress = 5 as unknown as () => void;
    await expect(glimpse.load(undefined, { onProgress })).rejects.toThrow(/"onProgress": it is not a function/);
  });
});

test("when no token may come next, greedy search and sampling say so, and beams keep what they have", async () => {
  const nothing = { logitsProcessors: [(scores: Float32Array) => void scores.fill(Number.NEGATIVE_INFINITY)] };
  for (const search of [{}, { doSample: true }]) {
    await expect(model.generate({ ...short, ...search, ...nothing })).rejects.toThrow(/no token has a probability/);
  }
  const afterTwo = (
    scores: Float32Array,
    { tokens, promptLength }: { tokens: readonly number[]; promptLength: number },
  ) => {
    if (tokens.length - promptLength === 2) scores.fill(Number.NEGATIVE_INFINITY);
  };
  for (const search of [{}, { doSample: true }]) {
    const { generated } = await model.generate({ ...short, ...search, numBeams: 2, logitsProcessors: [afterTwo] });
    expect(generated.map((tokens) => tokens.length)).toEqual([2]);
  }
  const { generated, sequencesScores } = await model.generate({ ...short, numBeams: 2, ...nothing });
  expect([generated, sequencesScores]).toEqual([[[]], [0]]);
});

test("prompts with fewer ways on than returned sequences keep their own rows", async () => {
  const { sequences } = await model.generate({
    pixelValues,
    inputIds: [
      [1, 30],
      [1, 42],
    ],
    maxNewTokens: 1,
    numBeams: 3,
    numReturnSequences: 3,
    eosTokenId: null,
    prefixAllowedTokens: ({ prompt }) => (prompt === 0 ? [7] : [8, 9, 10]),
  });
  expect(sequences[0]).toEqual([1, 30, 7]);
  expect(sequences.slice(1).map((row) => row.slice(0, 2))).toEqual(Array(3).fill([1, 42]));
});
