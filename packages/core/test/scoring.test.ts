// Given texts scored on one trunk: the same numbers as forward() gives, however the texts are chunked and shared.

import { ortNode } from "@glimpsejs/backend-ort-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bind, type Git } from "../src/index.ts";
import { caseFolder, countingBackend, glimpse, somePixels, testPlatform } from "./support.ts";

let git: Git;
const { plugin, runs } = countingBackend(ortNode());
const picture = { width: 96, height: 96, data: Uint8Array.from({ length: 96 * 96 * 3 }, (_, i) => (i * 37) % 251) };

beforeAll(async () => {
  git = await bind(testPlatform({ backend: () => plugin })).load();
});
afterAll(() => git.dispose());

const things = ["fox", "cat", "lemon", "bus", "bicycle", "tree", "crab", "hat", "book", "house"];
const colours = ["red", "blue", "green", "yellow", "gray", "pink", "white", "black", "orange", "purple"];
const counts = ["a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

describe("score()", () => {
  test("is the log-likelihood that forward() with labels gives", async () => {
    const texts = ["a fox on a red background", "two cats", "a fox"];
    const scores = await git.score(picture, texts);
    const { pixelValues } = await git.processor.process({ images: [picture] });
    for (const { tokens, logProb, logProbs, perplexity } of scores) {
      const ids = [git.processor.tokenizer.clsTokenId, ...tokens];
      const { loss } = await git.model.forward({ pixelValues, inputIds: [ids], labels: [ids] });
      expect(logProb).toBeCloseTo(-(loss ?? 0) * tokens.length, 3);
      expect(logProbs.reduce((a, b) => a + b, 0)).toBeCloseTo(logProb, 6);
      expect(Math.log(perplexity)).toBeCloseTo(loss ?? 0, 4);
    }
  });

  test("of a question's answers depends on the question", async () => {
    const [caption] = await git.score(picture, ["red"]);
    const [answer] = await git.score(picture, ["red"], { question: "what color is the background?" });
    expect(answer?.logProb).toBeGreaterThan(caption?.logProb ?? 0);
  });

  test("rank() puts the likeliest per token first and keeps the places", async () => {
    const texts = ["zz zz zz", (await git.caption(picture)).text];
    const [best, worst] = await git.rank(picture, texts);
    expect([best?.index, worst?.index]).toEqual([1, 0]);
  });
});

describe("classify()", () => {
  const labels = counts.flatMap((n) => things.flatMap((t) => colours.map((c) => `${n} ${t} on a ${c} background`)));

  test("1,000 labels have the probabilities of scorings one by one, with one run of the image encoder", async () => {
    const before = { vision: 0, decoder: 0, ...runs };
    const classes = await git.classify(picture, labels);
    expect((runs["vision"] ?? 0) - before.vision).toBe(1);
    expect((runs["decoder"] ?? 0) - before.decoder).toBeLessThan(80);
    using trunk = await git.encode(picture);
    for (const { label, logProb, index } of classes.filter((_, i) => i % 25 === 0)) {
      expect(labels[index]).toBe(label);
      expect((await git.score(trunk, [label]))[0]?.logProb).toBeCloseTo(logProb, 4);
    }
    expect(classes.reduce((sum, { normalized }) => sum + normalized, 0)).toBeCloseTo(1, 6);
    expect(classes.every(({ probability, logProb }) => Math.abs(probability - Math.exp(logProb)) < 1e-12)).toBe(true);
    expect(classes.map((c) => c.logProb)).toEqual(classes.map((c) => c.logProb).toSorted((a, b) => b - a));
  });

  test("a label that is the beginning of another, and one given twice, have their own probabilities", async () => {
    const classes = await git.classify(picture, ["a fox", "a fox on a red background", "a fox"]);
    const byIndex = classes.toSorted((a, b) => a.index - b.index);
    expect(byIndex[0]?.logProb).toBe(byIndex[2]?.logProb);
    expect(byIndex[0]?.logProb).not.toBe(byIndex[1]?.logProb);
  });

  test("empty lists, labels of no token and labels beyond the positions are errors that say which", async () => {
    await expect(git.classify(picture, [])).rejects.toThrow(/there is nothing to score/);
    await expect(git.classify(picture, ["a fox", "", "  "])).rejects.toThrow(
      /text 1: it holds no token[\s\S]*text 2: it holds no token/,
    );
    await expect(git.classify(picture, ["fox ".repeat(80)])).rejects.toThrow(
      /text 0: it is longer.*at most 64 tokens, got 81/,
    );
    expect(await git.classify(picture, ["a fox"])).toHaveLength(1);
  });
});

describe("the loss of labels", () => {
  const ids = [2, 15, 20, 3, 9];
  test.each([
    ["another resolution", "generate-image", [1, 3, 40, 56]],
    ["a picture smaller than the model's", "generate-image", [1, 3, 16, 24]],
    ["fewer frames than the model has", "generate-video", [1, 2, 3, 32, 32]],
    ["frames of another resolution", "generate-video", [1, 3, 3, 24, 40]],
  ])("%s: the mean of the text's own log-probabilities", async (_, name, shape) => {
    await using model = await glimpse.GitForCausalLM.fromPretrained(caseFolder(name));
    const pixelValues = somePixels(...shape);
    const forward = { pixelValues, interpolatePosEncoding: true, inputIds: [ids], labels: [ids] };
    const { loss = Number.NaN } = await model.forward(forward);
    using trunk = await model.encode(pixelValues, { interpolatePosEncoding: true });
    const [logProbs = []] = await model.scoreTexts({
      trunk,
      picture: 0,
      prompt: ids.slice(0, 1),
      texts: [ids.slice(1)],
    });
    expect(loss).toBeCloseTo(-logProbs.reduce((sum, x) => sum + x, 0) / (ids.length - 1), 5);
  });
});
