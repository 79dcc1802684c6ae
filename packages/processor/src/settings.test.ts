// Settings and proportions that the published checkpoints do not have, against transformers and Pillow: test-data/settings.json.
import { readFileSync } from "node:fs";
import { GlimpseError, type JsonValue } from "@glimpsejs/base";
import { ImageProcessorConfig } from "@glimpsejs/config";
import { expect, test } from "vitest";
import { ImageProcessor } from "./image-processor.ts";
import type { Picture } from "./picture.ts";

interface Case {
  readonly settings: { readonly [name: string]: JsonValue };
  readonly width: number;
  readonly height: number;
  readonly error?: string;
  readonly shape: readonly number[];
  readonly mean: number;
  readonly index: readonly number[];
  readonly values: readonly number[];
}

const file = new URL("../test-data/settings.json", import.meta.url);
const { cases }: { readonly cases: readonly Case[] } = JSON.parse(readFileSync(file, "utf8"));

/** bytes_of() of make_settings.py. */
function picture({ width, height }: Case): Picture {
  const byte = (_: unknown, i: number) => Number(((BigInt(i * i) * 7919n + BigInt(i) * 104729n) >> 5n) % 251n);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, byte) };
}

test.each(cases)("$width x $height pixels, $settings", (item) => {
  const process = () => new ImageProcessor(ImageProcessorConfig.fromJson(item.settings)).preprocess(picture(item));
  if (item.error !== undefined) {
    expect(process).toThrow(GlimpseError);
    return;
  }
  const { shape, data } = process();
  expect(shape).toEqual([1, ...item.shape]);
  for (const [i, at] of item.index.entries()) {
    const expected = item.values[i] ?? Number.NaN;
    expect(Math.abs((data[at] ?? Number.NaN) - expected)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(expected)));
  }
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  expect(Math.abs(mean - item.mean)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(item.mean)));
});

test("the cases have every filter, every kind of size, columns too thin for the usual order, and padding", () => {
  const processed = cases.filter(({ error }) => error === undefined);
  expect(new Set(processed.map(({ settings }) => settings["resample"])).size).toBe(6);
  const kinds = processed.map(({ settings: { size } }) =>
    typeof size === "object" && size ? Object.keys(size).join() : typeof size,
  );
  expect(new Set(kinds).size).toBe(6);
  const thin = processed.filter(
    ({ width, height, settings }) => height > 100 * width && settings["do_resize"] !== false,
  );
  expect(thin.length).toBeGreaterThan(5);
  expect(processed.filter(({ settings }) => settings["do_pad"]).length).toBeGreaterThan(5);
});
