// What must not depend on how a text was computed: the cache, the batch, padding, and other questions in the tree.
import { ortNode } from "@glimpsejs/backend-ort-node";
import { reference } from "@glimpsejs/backend-reference";
import { GlimpseError } from "@glimpsejs/base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GitForCausalLM, Rows } from "../src/index.ts";
import { caseFolder, countingBackend, glimpse, picture, somePixels } from "./support.ts";

describe.each([
  ["reference", () => reference()],
  ["ort-node", () => ortNode({ threads: 2 })],
] as const)("on %s", (_, backend) => {
  let model: GitForCausalLM;
  const { plugin, runs } = countingBackend(backend());
  const pixelValues = somePixels(3, 3, 32, 32);
  const prompts: Rows = [
    [1, 30, 73, 63],
    [1, 42],
    [1, 16, 6],
  ];

  beforeAll(async () => {
    model = await glimpse.GitForCausalLM.fromPretrained(caseFolder("generate-image"), { backend: plugin });
  });
  afterAll(() => model.dispose());

  describe("greedy generation", () => {
    test("cached equals uncached", async () => {
      const inputs = { pixelValues, inputIds: prompts, maxNewTokens: 12, outputScores: true };
      const cached = await model.generate(inputs);
      const uncached = await model.generate({ ...inputs, useCache: false });
      expect(uncached.sequences).toEqual(cached.sequences);
      for (const [step, scores] of (cached.scores ?? []).entries()) {
        for (const [i, value] of scores.data.entries()) expect(uncached.scores?.[step]?.data[i]).toBeCloseTo(value, 4);
      }
    });

    test("equals forward() of the growing text, which computes every row and caches nothing", async () => {
      const ids = [1, 30];
      const { generated } = await model.generate({
        pixelValues: picture(pixelValues, 0),
        inputIds: [ids],
        maxNewTokens: 6,
        eosTokenId: null,
      });
      for (let step = 0; step < 6; step++) {
        const { logits } = await model.forward({ pixelValues: picture(pixelValues, 0), inputIds: [ids] });
        const last = logits?.data.subarray(-model.config.vocabSize) ?? new Float32Array();
        ids.push(last.indexOf(Math.max(...last)));
      }
      expect(generated[0]).toEqual(ids.slice(2));
    });

    test("without a prompt a text begins with bosTokenId", async () => {
      const options = { pixelValues: picture(pixelValues, 0), maxNewTokens: 3 };
      const given = await model.generate({ ...options, inputIds: [[42]] });
      expect(await model.generate({ ...options, bosTokenId: 42 })).toMatchObject({ sequences: given.sequences });
      const { sequences } = await model.generate(options);
      expect(sequences[0]?.[0]).toBe(model.generationConfig.bosTokenId ?? model.config.bosTokenId);
    });

    test("a batch equals its rows alone, each ending where it ends", async () => {
      const batch = await model.generate({ pixelValues, inputIds: prompts, maxNewTokens: 12 });
      for (const [i, prompt] of prompts.entries()) {
        const alone = await model.generate({
          pixelValues: picture(pixelValues, i),
          inputIds: [prompt],
          maxNewTokens: 12,
        });
        expect(batch.sequences[i]).toEqual(alone.sequences[0]);
      }
    });

    test("a left-padded row equals the row alone", async () => {
      const inputIds = prompts.map((ids) => [...Array.from({ length: 4 - ids.length }, () => 0), ...ids]);
      const attentionMask = inputIds.map((ids) => ids.map((id) => (id === 0 ? 0 : 1)));
      const padded = await model.generate({ pixelValues, inputIds, attentionMask, maxNewTokens: 8 });
      const alone = await model.generate({ pixelValues, inputIds: prompts, maxNewTokens: 8 });
      expect(padded.generated).toEqual(alone.generated);
    });

    test("ten questions about one picture equal ten calls, with one run of the image encoder", async () => {
      const questions = Array.from({ length: 10 }, (_, i) => [
        1,
        3 + i,
        40 + ((i * 7) % 50),
        ...(i % 3 === 0 ? [9] : []),
      ]);
      const one = picture(pixelValues, 0);
      const before = runs["vision"] ?? 0;
      const together = await model.generate({ pixelValues: one, inputIds: questions, maxNewTokens: 8 });
      expect((runs["vision"] ?? 0) - before).toBe(1);
      for (const [i, question] of questions.entries()) {
        const alone = await model.generate({ pixelValues: one, inputIds: [question], maxNewTokens: 8 });
        expect(together.sequences[i]).toEqual(alone.sequences[0]);
      }
    });

    test("a trunk serves any number of calls and is encoded once", async () => {
      const before = runs["vision"] ?? 0;
      using trunk = await model.encode(pixelValues);
      const first = await model.generate({ trunk, inputIds: prompts, maxNewTokens: 6 });
      const second = await model.generate({ trunk, inputIds: prompts, maxNewTokens: 6 });
      expect((runs["vision"] ?? 0) - before).toBe(1);
      expect(second.sequences).toEqual(first.sequences);
      expect(first.sequences).toEqual(
        (await model.generate({ pixelValues, inputIds: prompts, maxNewTokens: 6 })).sequences,
      );
    });

    test("parallel calls give what the same calls give one after the other", async () => {
      const calls = prompts.map((prompt, i) => ({
        pixelValues: picture(pixelValues, i),
        inputIds: [prompt],
        maxNewTokens: 8,
      }));
      const parallel = await Promise.all(calls.map((call) => model.generate(call)));
      for (const [i, call] of calls.entries()) {
        expect(parallel[i]?.sequences).toEqual((await model.generate(call)).sequences);
      }
    });

    test("generateSteps() goes through the states that generate() ends with", async () => {
      const inputs = { pixelValues, inputIds: prompts, maxNewTokens: 6 };
      const lengths: number[] = [];
      let last: Rows = [];
      for await (const { sequences } of model.generateSteps(inputs)) {
        last = sequences.map((s) => [...s.tokens]);
        lengths.push(Math.max(...last.map((tokens) => tokens.length)));
      }
      expect(lengths).toEqual(lengths.map((_, i) => i + 1));
      expect(last).toEqual((await model.generate(inputs)).generated);
    });

    test("log-probabilities are those of the scores", async () => {
      const { generated, logProbs, scores } = await model.generate({
        pixelValues,
        inputIds: prompts,
        maxNewTokens: 4,
        outputScores: true,
      });
      for (const [step, { data }] of (scores ?? []).entries()) {
        for (const [r, tokens] of generated.entries()) {
          const token = tokens[step];
          if (token === undefined) continue;
          const row = data.subarray(r * 99, (r + 1) * 99);
          const sum = row.reduce((total, value) => total + Math.exp(value), 0);
          expect(logProbs[r]?.[step]).toBeCloseTo((row[token] ?? 0) - Math.log(sum), 5);
        }
      }
    });
  });

  describe("generate() refuses what it cannot do, before anything runs, and the next call works", () => {
    const refused: readonly (readonly [string, object, RegExp])[] = [
      [
        "B18: maxNewTokens negative",
        { maxNewTokens: -1 },
        /option "maxNewTokens".*expected a whole number from 1.*got -1/,
      ],
      ["B18: maxNewTokens NaN", { maxNewTokens: Number.NaN }, /option "maxNewTokens".*got NaN/],
      ["B18: maxNewTokens 0", { maxNewTokens: 0 }, /option "maxNewTokens".*got 0/],
      ["B18: maxNewTokens 1e9", { maxNewTokens: 1e9 }, /maxNewTokens.*got 1000000000/],
      ["B18: numBeams 0", { numBeams: 0 }, /option "numBeams".*from 1.*got 0/],
      ["B18: more beams than tokens", { numBeams: 100 }, /option "numBeams".*at most 99, got 100/],
      ["B18: temperature 0", { doSample: true, temperature: 0 }, /option "temperature".*above 0, got 0/],
      ["B18: temperature NaN", { doSample: true, temperature: Number.NaN }, /option "temperature".*got NaN/],
      [
        "more sequences than beams",
        { numBeams: 2, numReturnSequences: 3 },
        /option "numReturnSequences".*at most 2, got 3/,
      ],
      ["stop strings without a decoder", { stopStrings: "a" }, /"stopStrings".*Pass `decode`/],
      ["a misspelled option", { maxNewToken: 3 }, /Did you mean "maxNewTokens"/],
      ["an end token outside the vocabulary", { eosTokenId: [2, 99] }, /eosTokenId.*0 to 98.*got 99/],
      ["B17: ids out of range", { inputIds: [[1, 99]] }, /there is no such token.*0 to 98.*got 99/],
      ["B17: an empty prompt", { inputIds: [[]] }, /it holds no token/],
      [
        "B17: prompt and new tokens beyond the positions",
        { inputIds: [[1, 2, 3]], maxNewTokens: 63 },
        /at most 64 tokens.*a prompt of 3 tokens and maxNewTokens 63/,
      ],
      ["a mask of another length", { inputIds: [[1, 2]], attentionMask: [[1]] }, /attention mask has another length/],
      ["rows that do not fit the pictures", { pixelValues, inputIds: [[1], [1]] }, /a multiple of 3, got 2/],
    ];

    test.each(refused)("%s", async (_, options, message) => {
      const before = { ...runs };
      const call = model.generate({ pixelValues: picture(pixelValues, 0), ...options });
      await expect(call).rejects.toThrow(message);
      await expect(call).rejects.toSatisfy((error) => GlimpseError.isInstance(error, "invalid-argument"));
      expect(runs).toEqual(before);
      expect(
        (await model.generate({ pixelValues: picture(pixelValues, 0), maxNewTokens: 2 })).generated[0],
      ).toHaveLength(2);
    });

    test("pictures of a wrong shape", async () => {
      await expect(model.generate({ pixelValues: somePixels(1, 3, 32, 40) })).rejects.toThrow(
        /32 × 32, got 32 × 40.*interpolatePosEncoding/,
      );
      await expect(model.generate({ pixelValues: somePixels(1, 4, 32, 32) })).rejects.toThrow(
        /channels is wrong, expected 3, got 4/,
      );
      await expect(model.generate({ pixelValues: somePixels(1, 2, 3, 32, 32) })).rejects.toThrow(
        /at most 0, got 2.*still pictures/,
      );
    });

    test("C25: pixel values of another dtype, or fewer than their shape says", async () => {
      const bytes = { dtype: "uint8", shape: [1, 3, 32, 32], data: new Uint8Array(3072) };
      await expect(model.generate({ pixelValues: bytes as never })).rejects.toThrow(
        /pixelValues: the dtype is wrong, expected float32/,
      );
      const short = { dtype: "float32", shape: [1, 3, 32, 32], data: new Float32Array(9) } as const;
      await expect(model.generate({ pixelValues: short })).rejects.toThrow(/expected 3072 elements, got 9/);
      await expect(model.forward({ inputIds: [[1]], headMask: { ...short, shape: [3, 4] } })).rejects.toThrow(
        /headMask.*expected 12 elements, got 9/,
      );
    });

    test("A11: pixel values that are not numbers end in a typed error, not in tokens", async () => {
      const pixels = somePixels(1, 3, 32, 32);
      pixels.data.fill(Number.NaN);
      await expect(model.generate({ pixelValues: pixels })).rejects.toSatisfy((e) =>
        GlimpseError.isInstance(e, "non-finite"),
      );
    });
  });

  describe("aborting", () => {
    const one = picture(pixelValues, 0);

    test("before the start, while waiting, and between tokens", async () => {
      await expect(model.generate({ pixelValues: one, signal: AbortSignal.abort() })).rejects.toSatisfy((e) =>
        GlimpseError.isInstance(e, "aborted"),
      );

      const controller = new AbortController();
      const running = model.generate({ pixelValues: one, maxNewTokens: 20, eosTokenId: null });
      const waiting = model.generate({ pixelValues: one, signal: controller.signal });
      controller.abort();
      await expect(waiting).rejects.toSatisfy((e) => GlimpseError.isInstance(e, "aborted"));
      expect((await running).generated[0]).toHaveLength(20);

      const stopped = new AbortController();
      let steps = 0;
      const loop = (async () => {
        for await (const _ of model.generateSteps({
          pixelValues: one,
          maxNewTokens: 20,
          eosTokenId: null,
          signal: stopped.signal,
        })) {
          if (++steps === 3) stopped.abort();
        }
      })();
      await expect(loop).rejects.toSatisfy((e) => GlimpseError.isInstance(e, "aborted"));
      expect(steps).toBe(3);
    });

    test("leaving the loop ends the generation, and other calls go on", async () => {
      for await (const _ of model.generateSteps({ pixelValues: one, maxNewTokens: 20 })) break;
      expect((await model.generate({ pixelValues: one, maxNewTokens: 3, eosTokenId: null })).generated[0]).toHaveLength(
        3,
      );
    });
  });
});
