// explain(): words, heat maps that are distributions over patches, and pictures of them that decode.
import { ortNode } from "@glimpsejs/backend-ort-node";
import { bind, heatMapPng } from "@glimpsejs/core";
import { demoSamples } from "@glimpsejs/demo-model";
import { float32 } from "@glimpsejs/graph";
import { toPicture } from "@glimpsejs/processor";
import { loadImage } from "@glimpsejs/processor/node";
import { expect, test } from "vitest";
import { rowHeatMap } from "../src/explain/heat-maps.ts";
import { testPlatform } from "./support.ts";

test("a row's attention to patches, without the class tokens, and its share of all attention", () => {
  // One head; keys: class, 2 patches of frame 0, class, 2 patches of frame 1, one text token; the row at 6.
  const values = new Float32Array(49);
  values.set([0.1, 0.2, 0.1, 0.1, 0.0, 0.3, 0.2], 6 * 7);
  const { heatMap, imageShare } = rowHeatMap([float32(values, [1, 1, 7, 7])], 6, { frames: 2, rows: 1, columns: 2 });
  expect([...heatMap.data].map((v) => Math.round(v * 600))).toEqual([200, 100, 0, 300]);
  expect(imageShare).toBeCloseTo(0.8, 6);
});

test("a drawing glows over the patch that was looked at, and frames share one scale", async () => {
  const seen = toPicture({ width: 40, height: 30, channels: 3, data: new Uint8Array(40 * 30 * 3).fill(100) });
  // Frame 0 has all the attention of one patch, the upper right one, frame 1 a fifth of that everywhere.
  const data = Float32Array.of(0, 0, 0.5, 0, 0, 0, 0.1, 0.1, 0.1, 0.1, 0.1, 0);
  const heatMap = { frames: 2, rows: 2, columns: 3, data };
  const red = async (frame: number, x: number, y: number) => {
    const { data: drawn } = toPicture(await loadImage(await heatMapPng(seen, heatMap, frame)));
    return drawn[(y * 40 + x) * 3] ?? 0;
  };
  const [hot, left, below] = [await red(0, 36, 4), await red(0, 5, 4), await red(0, 36, 26)];
  expect([hot, left, below]).toEqual([228, 35, 35]);
  expect(await red(1, 5, 4)).toBe(73);
});

test("every word of a caption has a heat map, and two things beside each other are looked at where they are", async () => {
  await using git = await bind(
    testPlatform({ backend: () => ortNode(), picture: (input) => loadImage(input as URL) }),
  ).load();
  const picture = new URL("pictures/01.png", demoSamples);
  const { text, words } = await git.explain(picture);
  expect(text).toBe("a light bulb to the left of a helicopter on a white background");
  expect(words.map((w) => w.word).join(" ")).toBe(text);
  for (const { heatMap, imageShare } of words) {
    expect(heatMap).toMatchObject({ frames: 1, rows: 8, columns: 8 });
    expect(heatMap.data.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
    expect(imageShare).toBeGreaterThan(0);
    expect(imageShare).toBeLessThanOrEqual(1);
  }
  const centre = (word: string) => {
    const data = words.find((w) => w.word === word)?.heatMap.data ?? new Float32Array();
    return data.reduce((sum, value, i) => sum + value * (i % 8), 0);
  };
  expect(centre("bulb")).toBeLessThan(centre("helicopter"));

  const seen = git.processor.imageProcessor.resized(await loadImage(picture));
  const [first] = words;
  if (first === undefined) throw new Error("no word");
  const png = await heatMapPng(seen, first.heatMap);
  const decoded = toPicture(await loadImage(png));
  expect([decoded.width, decoded.height]).toEqual([seen.width, seen.height]);
  expect(decoded.data).not.toEqual(seen.data);
  await expect(heatMapPng(seen, first.heatMap, 1)).rejects.toThrow(/there is no such frame, expected 0 to 0, got 1/);

  // A text as long as the model has positions for: its last token was never fed.
  const longest = await git.explain(picture, { maxNewTokens: 64, minNewTokens: 64 });
  expect(longest.tokens).toHaveLength(64);
}, 60_000);
