// Full-size models with weights from a formula, against what transformers computed with them. Slow and large (0.7 GB on
// disk, 1.6 for git-large), so only in the full run: git-base, and with SYNTHETIC=all every size.
import os from "node:os";
import path from "node:path";
import { GitForCausalLM, GitVisionModel, ortNode } from "glimpsejs";
import { describe, expect, test } from "vitest";
import { syntheticExpectation, syntheticNames, syntheticPixels, writeSynthetic } from "./synthetic.ts";

const names = process.env["SYNTHETIC"] === "all" ? syntheticNames : (["git-base"] as const);
const minutes = 60_000;

describe.each(names)("%s on ort-node", (name) => {
  test("logits, top five and generated ids are the oracle's", { timeout: 10 * minutes }, async () => {
    const expected = await syntheticExpectation(name);
    const folder = await writeSynthetic(name, path.join(os.tmpdir(), "glimpse-synthetic"));
    const pixelValues = syntheticPixels(expected.pixel_values);
    const inputIds = [expected.input_ids];
    const backend = ortNode({ threads: 2 });
    const close = (got: readonly number[], wanted: readonly number[]) => {
      expect(got).toHaveLength(wanted.length);
      for (const [i, value] of wanted.entries()) expect(Math.abs((got[i] ?? Number.NaN) - value)).toBeLessThan(2e-3);
    };
    {
      await using vision = await GitVisionModel.fromPretrained(folder, { backend });
      const firstFrame = syntheticPixels([1, ...expected.pixel_values.slice(-3)]);
      const { lastHiddenState } = await vision.forward({ pixelValues: firstFrame });
      close([...lastHiddenState.data.slice(0, 8)], expected["vision.last_hidden_state[0,0,:8]"]);
    }
    await using model = await GitForCausalLM.fromPretrained(folder, { backend });
    const { sequences } = await model.generate({ pixelValues, inputIds, maxNewTokens: 12, eosTokenId: null });
    expect(sequences).toEqual([expected.greedy]);
    // The second caption makes a draft, and a later one is guessed: with tokens that come at the same time, if any guess is right.
    const inBursts: boolean[] = [];
    for (let call = 2; call < 8; call++) {
      const again = await model.generate({ pixelValues, inputIds, maxNewTokens: 12, eosTokenId: null });
      expect(again.sequences).toEqual([expected.greedy]);
      inBursts.push(again.times.some((time, i) => time - (again.times[i - 1] ?? 0) < 1));
    }
    if (name === "git-base") expect(inBursts).toContain(true);
    if (expected.beam4 !== null) {
      const beams = await model.generate({ pixelValues, inputIds, maxNewTokens: 6, numBeams: 4, eosTokenId: null });
      expect(beams.sequences).toEqual([expected.beam4]);
    }
    const { logits } = await model.forward({ pixelValues, inputIds });
    const last = logits?.data.slice(-model.config.vocabSize) ?? new Float32Array();
    close([...last.slice(0, 8)], expected["logits[0,-1,:8]"]);
    const top = [...last.keys()].sort((a, b) => (last[b] ?? 0) - (last[a] ?? 0)).slice(0, 5);
    expect(top).toEqual(expected["logits[0,-1].top5"].ids);
    close(
      top.map((id) => last[id] ?? 0),
      expected["logits[0,-1].top5"].values,
    );
  });
});
