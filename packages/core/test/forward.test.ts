// forward(): continuing a state, changing the model, and what it refuses. Its numbers are compared with the reference
// by the conformance cases in packages/cli.
import { ortNode } from "@glimpsejs/backend-ort-node";
import { reference } from "@glimpsejs/backend-reference";
import { GlimpseError } from "@glimpsejs/base";
import { GitConfig } from "@glimpsejs/config";
import { float32 } from "@glimpsejs/graph";
import { describe, expect, test } from "vitest";
import { bind } from "../src/index.ts";
import { caseFolder, difference, emptyFolder, somePixels, testPlatform } from "./support.ts";

describe.each([
  ["reference", () => reference()],
  ["ort-node", () => ortNode({ threads: 2 })],
] as const)("on %s", (_, backend) => {
  const glimpse = bind(testPlatform({ backend }));
  const load = () => glimpse.GitForCausalLM.fromPretrained(caseFolder("forward-base"));
  const pixelValues = somePixels(2, 3, 32, 32);
  const inputIds = [
    [1, 5, 9],
    [1, 7, 11],
  ];

  function lastRows(logits: { data: Float32Array; shape: readonly number[] } | undefined, rows: number) {
    const [b = 0, n = 0, v = 0] = logits?.shape ?? [];
    const parts = Array.from(
      { length: b },
      (_, i) => logits?.data.slice((i * n + n - rows) * v, (i + 1) * n * v) ?? new Float32Array(),
    );
    return float32(
      parts.flatMap((part) => [...part]),
      [b, rows, v],
    );
  }

  describe("pastKeyValues", () => {
    test("continued twice from one state gives what two fresh runs give", async () => {
      await using model = await load();
      const { pastKeyValues } = await model.forward({ inputIds, pixelValues, useCache: true });
      for (const next of [
        [
          [20, 21],
          [22, 23],
        ],
        [
          [30, 31],
          [32, 33],
        ],
      ]) {
        const continued = await model.forward({ inputIds: next, pastKeyValues });
        const fresh = await model.forward({
          inputIds: inputIds.map((ids, i) => [...ids, ...(next[i] ?? [])]),
          pixelValues,
        });
        expect(continued.logits?.shape).toEqual([2, 2, 99]);
        expect(difference(lastRows(continued.logits, 2), lastRows(fresh.logits, 2))).toBeLessThan(1e-4);
      }
      pastKeyValues?.dispose();
      await expect(model.forward({ inputIds, pastKeyValues })).rejects.toThrow(/pastKeyValues: it was disposed/);
    });

    test("token by token equals one pass, with attentions over the same keys", async () => {
      await using model = await load();
      const whole = await model.forward({ inputIds, pixelValues, outputAttentions: true });
      let state = (
        await model.forward({ inputIds: inputIds.map((ids) => ids.slice(0, 1)), pixelValues, useCache: true })
      ).pastKeyValues;
      for (const t of [1, 2]) {
        const step = await model.forward({
          inputIds: inputIds.map((ids) => ids.slice(t, t + 1)),
          pastKeyValues: state,
          useCache: true,
          outputAttentions: true,
        });
        state?.dispose();
        state = step.pastKeyValues;
        if (t < 2) continue;
        expect(difference(lastRows(step.logits, 1), lastRows(whole.logits, 1))).toBeLessThan(1e-4);
        const [stepAttention, wholeAttention] = [step.attentions?.[0], whole.attentions?.[0]];
        expect(stepAttention?.shape).toEqual([2, 4, 1, 20]);
        const lastRow = wholeAttention?.data.slice(19 * 20, 20 * 20) ?? new Float32Array();
        expect(difference(float32(stepAttention?.data.slice(0, 20) ?? [], [20]), float32(lastRow, [20]))).toBeLessThan(
          1e-5,
        );
      }
      state?.dispose();
    });

    test("a left-padded row with explicit positions equals the row alone", async () => {
      await using model = await load();
      const padded = await model.forward({
        inputIds: [
          [0, 0, 1, 5, 9],
          [1, 2, 3, 4, 5],
        ],
        attentionMask: [
          [0, 0, 1, 1, 1],
          [1, 1, 1, 1, 1],
        ],
        positionIds: [
          [0, 0, 0, 1, 2],
          [0, 1, 2, 3, 4],
        ],
        pixelValues,
      });
      const alone = await model.forward({ inputIds, pixelValues });
      const row = (t: Awaited<ReturnType<typeof model.forward>>) =>
        float32(lastRows(t.logits, 3).data.slice(0, 3 * 99), [3, 99]);
      expect(difference(row(padded), row(alone))).toBeLessThan(1e-4);
    });
  });

  describe("changing a model", () => {
    test("pruneHeads() equals a head mask of 0, also after saving and loading, and twice", async () => {
      await using model = await load();
      const headMask = float32([1, 0, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1], [3, 4]);
      const masked = await model.forward({ inputIds, pixelValues, headMask });
      await model.pruneHeads({ 0: [1], 2: [0] });
      await model.pruneHeads({ 2: [1] });
      expect(
        difference(
          (await model.forward({ inputIds, pixelValues })).logits ?? float32([], [0]),
          masked.logits ?? float32([], [0]),
        ),
      ).toBeLessThan(1e-4);
      const folder = emptyFolder();
      await model.savePretrained(folder);
      await using again = await glimpse.GitForCausalLM.fromPretrained(folder);
      expect((await again.forward({ inputIds, pixelValues })).logits?.data).toEqual(
        (await model.forward({ inputIds, pixelValues })).logits?.data,
      );
      await expect(model.pruneHeads({ 0: [0, 2, 3], 5: [1] })).rejects.toThrow(
        /no head would be left[\s\S]*there is no such layer/,
      );
      expect((await model.generate({ pixelValues, maxNewTokens: 2 })).generated).toHaveLength(2);
    });

    test("resizeTokenEmbeddings() keeps the logits of old rows, larger and smaller", async () => {
      await using model = await load();
      const before = (await model.forward({ inputIds, pixelValues })).logits;
      await model.resizeTokenEmbeddings(120);
      const larger = (await model.forward({ inputIds, pixelValues })).logits;
      expect(larger?.shape).toEqual([2, 20, 120]);
      for (let i = 0; i < 40; i++) {
        for (let v = 0; v < 99; v++) expect(larger?.data[i * 120 + v]).toBe(before?.data[i * 99 + v]);
      }
      await model.resizeTokenEmbeddings(50);
      expect((await model.forward({ inputIds, pixelValues })).logits?.data[49]).toBe(before?.data[49]);
      await expect(model.resizeTokenEmbeddings(0)).rejects.toThrow(/a whole number above 0, got 0/);
    });

    test("savePretrained() and fromPretrained() are inverse, in every class", async () => {
      await using model = await load();
      const folder = emptyFolder();
      await model.savePretrained(folder);
      await using again = await glimpse.GitForCausalLM.fromPretrained(folder);
      expect((await again.forward({ inputIds, pixelValues })).logits?.data).toEqual(
        (await model.forward({ inputIds, pixelValues })).logits?.data,
      );
      await using headless = await glimpse.GitModel.fromPretrained(folder);
      await using vision = await glimpse.GitVisionModel.fromPretrained(folder);
      const hidden = (await headless.forward({ inputIds, pixelValues })).lastHiddenState;
      const features = (await vision.forward({ pixelValues })).lastHiddenState;
      const [headlessFolder, visionFolder] = [emptyFolder(), emptyFolder()];
      await headless.savePretrained(headlessFolder);
      await vision.savePretrained(visionFolder);
      await using headlessAgain = await glimpse.GitModel.fromPretrained(headlessFolder);
      await using visionAgain = await glimpse.GitVisionModel.fromPretrained(visionFolder);
      expect((await headlessAgain.forward({ inputIds, pixelValues })).lastHiddenState.data).toEqual(hidden.data);
      expect((await visionAgain.forward({ pixelValues })).lastHiddenState.data).toEqual(features.data);
    });

    test("fromConfig() is decided by its seed", async () => {
      const config = GitConfig.create({
        vocabSize: 30,
        hiddenSize: 16,
        numHiddenLayers: 2,
        numAttentionHeads: 2,
        intermediateSize: 32,
        bosTokenId: 1,
        eosTokenId: 2,
        visionConfig: {
          imageSize: 16,
          patchSize: 8,
          hiddenSize: 16,
          numHiddenLayers: 1,
          numAttentionHeads: 2,
          intermediateSize: 32,
        },
      });
      const logits = async (seed: number) => {
        await using model = await glimpse.GitForCausalLM.fromConfig(config, { seed });
        return (await model.forward({ inputIds: [[1, 2]], pixelValues: somePixels(1, 3, 16, 16) })).logits?.data;
      };
      expect(await logits(7)).toEqual(await logits(7));
      expect(await logits(7)).not.toEqual(await logits(8));
      await expect(glimpse.GitForCausalLM.fromConfig(config, { seed: 0.5 })).rejects.toThrow(/not an integer/);
    });
  });

  describe("forward() lists everything that is wrong with its arguments", () => {
    test("and the next call works", async () => {
      await using model = await load();
      const call = model.forward({
        inputIds: [
          [1, 99],
          [1, 2],
        ],
        attentionMask: [
          [1, 1, 1],
          [1, 2],
        ],
        positionIds: [
          [0, 64],
          [0, 1],
        ],
        labels: [[1, 2]],
        headMask: float32([1, 1], [2]),
        pixelValues: somePixels(3, 3, 32, 32),
      });
      await expect(call).rejects.toSatisfy(
        (error) => GlimpseError.isInstance(error, "invalid-argument") && error.problems.length >= 6,
      );
      await expect(model.forward({})).rejects.toThrow(/one of inputIds and inputsEmbeds/);
      await expect(
        model.forward({
          inputIds,
          labels: [
            [-100, -100, -100],
            [5, -100, -100],
          ],
        }),
      ).rejects.toThrow(/nothing to predict/);
      expect((await model.forward({ inputIds, pixelValues })).logits?.shape).toEqual([2, 20, 99]);
    });

    test("after dispose(), with a message that says so", async () => {
      const model = await load();
      await model.dispose();
      await model.dispose();
      await expect(model.forward({ inputIds, pixelValues })).rejects.toThrow(/model: it was disposed/);
    });
  });
});
