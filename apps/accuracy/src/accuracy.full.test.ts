// The promise of int8, over 2000 scenes: at least 98 % of float32's tokens, and exact match within half a point.
import { loadSprites } from "@glimpsejs/scenes";
import { load, ortNode } from "glimpsejs";
import { expect, test } from "vitest";
import { agreement } from "./agreement.ts";
import { type Said, say } from "./scenes.ts";

test("int8 against float32 on 2000 scenes", { timeout: 1_800_000 }, async () => {
  const sprites = await loadSprites();
  const said: (readonly Said[])[] = [];
  for (const dtype of ["fp32", "int8"] as const) {
    await using git = await load(undefined, { backend: ortNode(), dtype });
    said.push(await say(git, sprites, 2, 2000));
  }
  const [exact = [], rounded = []] = said;
  const [before, after] = [agreement(exact, exact), agreement(exact, rounded)];
  expect(after.tokens).toBeGreaterThanOrEqual(0.98);
  expect(Math.abs(after.captions - before.captions)).toBeLessThanOrEqual(0.005);
  expect(Math.abs(after.answers - before.answers)).toBeLessThanOrEqual(0.005);
});
