import { describe, expect, test } from "vitest";
import { drawScene } from "./draw.ts";
import { nouns, plural, withArticle } from "./nouns.ts";
import { sceneOf } from "./scene.ts";
import { loadSprites } from "./sprites.ts";

const scenes = Array.from({ length: 500 }, (_, i) => sceneOf(1, i));

describe("scenes", () => {
  test("depend on seed and number only", () => {
    expect(sceneOf(1, 17)).toEqual(scenes[17]);
    expect(sceneOf(2, 17)).not.toEqual(scenes[17]);
    expect(new Set(scenes.map(({ caption }) => caption)).size).toBeGreaterThan(450);
  });

  test("their captions say what stands where", () => {
    for (const { caption, things, color } of scenes) {
      expect(caption.endsWith(` on ${withArticle(color)} background`)).toBe(true);
      const [a, b] = things;
      if (a === undefined || b === undefined || a.noun === b.noun) continue;
      const [first, second] = caption.startsWith(`${withArticle(a.noun)} `) ? [a, b] : [b, a];
      if (caption.includes(" to the left of ")) expect(first.x).toBeLessThan(second.x);
      else expect(first.y).toBeLessThan(second.y);
    }
  });

  test("their questions differ, and numbers are right", () => {
    for (const { questions, things } of scenes) {
      expect(new Set(questions.map(({ question }) => question)).size).toBe(questions.length);
      const many = questions.find(({ question }) => question.startsWith("how many"));
      const names = ["zero", "one", "two", "three", "four"];
      if (many !== undefined) expect(names.indexOf(many.answer)).toBe(things.length);
    }
  });

  test("things of two kinds do not lie on each other", () => {
    for (const { things } of scenes) {
      const [a, b] = things;
      if (a === undefined || b === undefined || things.length > 2 || a.noun === b.noun) continue;
      const distance = Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y));
      expect(distance).toBeGreaterThan(0.99 * ((a.size + b.size) / 2));
    }
  });
});

test("plurals and articles", () => {
  const words = ["fox", "wolf", "butterfly", "key", "fish", "tomato", "hot dog", "mouse", "bus", "peach", "octopus"];
  expect(words.map(plural).join(" ")).toBe(
    "foxes wolves butterflies keys fish tomatoes hot dogs mice buses peaches octopuses",
  );
  expect(["owl", "unicorn", "ice cream", "umbrella", "dog"].map(withArticle).join(" ")).toBe(
    "an owl a unicorn an ice cream an umbrella a dog",
  );
  expect(new Set(nouns).size).toBe(110);
});

test("pixels: the background's colour in a corner, something else where a thing stands", async () => {
  const sprites = await loadSprites();
  const white = scenes.findIndex(({ color, things }) => color === "white" && things.length === 1);
  const scene = sceneOf(1, white);
  const { width, height, data } = await drawScene(scene, sprites, 3);
  expect([width, height, data.length]).toEqual([96, 96, 96 * 96 * 3]);
  expect(data).toEqual((await drawScene(scene, sprites, 3)).data);
  const dark = data.filter((value) => value < 200).length;
  expect(dark).toBeGreaterThan(500);
  expect(dark).toBeLessThan(data.length / 2);
});
