// A small paired sample, and the arithmetic of the comparison; accuracy.full.test.ts has the thousands.
import { loadSprites } from "@glimpsejs/scenes";
import { load, ortNode } from "glimpsejs";
import { expect, test } from "vitest";
import { agreement } from "./agreement.ts";
import { logitError } from "./logits.ts";
import { type Said, say } from "./scenes.ts";

test("int8 says what float32 says about nearly all of 40 scenes", { timeout: 180_000 }, async () => {
  const sprites = await loadSprites();
  const said: (readonly Said[])[] = [];
  for (const dtype of ["fp32", "int8"] as const) {
    await using git = await load(undefined, { backend: ortNode({ threads: 1 }), dtype });
    said.push(await say(git, sprites, 1, 40));
  }
  const [exact = [], rounded = []] = said;
  const { tokens, lost, gained, scenes } = agreement(exact, rounded);
  expect(scenes).toBe(40);
  expect(tokens).toBeGreaterThanOrEqual(0.98);
  expect(lost + gained).toBeLessThanOrEqual(2);
});

test("agreement counts tokens by place, texts as wholes, and rights by scene", () => {
  const exact: Said = { caption: [5, 6, 7, 3], answer: [8, 3], isCaptionRight: true, isAnswerRight: false };
  const other: Said = { caption: [5, 9, 7, 3], answer: [8, 3], isCaptionRight: false, isAnswerRight: true };
  expect(agreement([exact, exact], [exact, other])).toEqual({
    scenes: 2,
    captions: 0.5,
    answers: 0.5,
    tokens: 11 / 12,
    texts: 0.75,
    lost: 1,
    gained: 1,
  });
});

test("logitError is 0 for the same logits, and the divergence of two known distributions", () => {
  const half = Float32Array.of(0, 0);
  const quarter = Float32Array.of(0, Math.log(3)); // ¼ and ¾
  expect(logitError([quarter], [quarter])).toMatchObject({ rms: 0, largest: 0, divergence: 0, sameBest: 1 });
  const { divergence, largest, sameBest } = logitError([half], [quarter]);
  expect(divergence).toBeCloseTo(0.5 * Math.log(0.5 / 0.25) + 0.5 * Math.log(0.5 / 0.75), 6);
  expect(largest).toBeCloseTo(Math.log(3), 6);
  expect(sameBest).toBe(0);
});
