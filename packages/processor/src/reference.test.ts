// All of fixtures/reference/pixels: uint8 after resize and crop bit-equal, pixel_values to 1e-6. PNGs are read with sharp.
import { readFileSync } from "node:fs";
import type { JsonValue } from "@glimpsejs/base";
import { ImageProcessorConfig } from "@glimpsejs/config";
import { expect, test } from "vitest";
import { ImageProcessor } from "./image-processor.ts";
import { sharpDecoder } from "./node/index.ts";
import type { Picture } from "./picture.ts";

interface Case {
  readonly picture: string;
  readonly setting: string;
  readonly shape: readonly number[];
  readonly uint8: string;
  readonly sample: { readonly index: readonly number[]; readonly pixel_values: readonly number[] };
  readonly mean: number;
}

const folder = new URL("../../../fixtures/reference/pixels/", import.meta.url);
const file = readFileSync(new URL("pixels.json", folder));
const reference: { readonly settings: Record<string, JsonValue>; readonly cases: readonly Case[] } = JSON.parse(
  file.toString(),
);
const decode = sharpDecoder();
const read = (name: string): Promise<Picture> => decode(readFileSync(new URL(name, folder)), { name });

test("the reference covers every filter", () => {
  const filters = Object.values(reference.settings).map((setting) => ImageProcessorConfig.fromJson(setting).resample);
  expect(new Set(filters)).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  expect(reference.cases.length).toBeGreaterThanOrEqual(80);
});

for (const [name, setting] of Object.entries(reference.settings)) {
  test(`setting ${name} equals transformers and Pillow`, async () => {
    const processor = new ImageProcessor(ImageProcessorConfig.fromJson(setting));
    for (const item of reference.cases.filter((one) => one.setting === name)) {
      const picture = await read(`${item.picture}.png`);
      const expected = await read(item.uint8);
      const resized = processor.resized(picture);
      expect([resized.width, resized.height], item.picture).toEqual([expected.width, expected.height]);
      expect(Buffer.compare(resized.data, expected.data), `${item.picture}: bytes differ`).toBe(0);
      const { shape, data } = processor.preprocess(picture);
      expect(shape).toEqual([1, ...item.shape]);
      const values = item.sample.index.map((at) => data[at] ?? Number.NaN);
      const errors = values.map((value, i) => Math.abs(value - (item.sample.pixel_values[i] ?? Number.NaN)));
      expect(Math.max(...errors), item.picture).toBeLessThanOrEqual(1e-6);
      expect(data.reduce((sum, value) => sum + value, 0) / data.length).toBeCloseTo(item.mean, 5);
    }
  });
}
