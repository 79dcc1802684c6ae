// Files decoded by a browser against Pillow's convert("RGB") (test-data/make_decode_fixtures.py), and what is refused.
import { ImageProcessorConfig } from "@glimpsejs/config";
import { expect, test } from "vitest";
import { decodeFacts, difference, json, read } from "../../test/web-support.ts";
import { ImageProcessor } from "../image-processor.ts";
import { browserDecoder } from "./browser-decoder.ts";

const { pictures, photos } = await decodeFacts();
const asStored = browserDecoder({ applyOrientation: false });

// What this browser decodes by itself, and how far it may be from Pillow. Inks are mixed with another rounding.
const bounds: Readonly<Record<string, number>> = { "cmyk-adobe.jpg": 1, "cmyk-no-adobe.jpg": 1, "ycck.jpg": 1 };

for (const [name, expected] of Object.entries(pictures)) {
  if (name.endsWith(".tif")) {
    test(`C21: ${name} is refused by type`, async () => {
      await expect(asStored(await read(`decode/${name}`), { name })).rejects.toMatchObject({
        code: "unsupported",
        message: expect.stringContaining(`${name}: TIFF is not read in browsers`),
      });
    });
    continue;
  }
  const bound = bounds[name] ?? 0;
  const group = name.startsWith("animated") ? "C22: the first frame of" : "C21:";
  test(`${group} ${name} (${expected.mode}) ${bound === 0 ? "equals Pillow" : `is within ${bound} of Pillow`}`, async () => {
    const picture = await asStored(await read(`decode/${name}`), { name });
    expect(await difference(picture, expected)).toBeLessThanOrEqual(bound);
  });
}

test("photographs, two of them with a colour profile, equal Pillow exactly", async () => {
  for (const [name, expected] of Object.entries(photos)) {
    expect(await difference(await asStored(await read(`photos/${name}`), { name }), expected), name).toBe(0);
  }
});

test("C23: EXIF orientations 1 to 8 are applied, 0 and 9 ignored; without applyOrientation none is", async () => {
  const stored = await asStored(await read("decode/exif-1.jpg"));
  for (let orientation = 0; orientation <= 9; orientation++) {
    const bytes = await read(`decode/exif-${orientation}.jpg`);
    expect((await asStored(bytes)).data, String(orientation)).toEqual(stored.data);
    // What the browser's own decoder shows, which turns pictures too.
    const bitmap = await createImageBitmap(new Blob([bytes]), { imageOrientation: "from-image" });
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    canvas?.drawImage(bitmap, 0, 0);
    const shown = canvas?.getImageData(0, 0, bitmap.width, bitmap.height).data.filter((_, i) => i % 4 < 3);
    const turned = await browserDecoder()(bytes);
    expect([turned.width, turned.height], String(orientation)).toEqual([bitmap.width, bitmap.height]);
    expect([...turned.data], String(orientation)).toEqual([...(shown ?? [])]);
  }
});

interface PixelCase {
  readonly picture: string;
  readonly setting: string;
  readonly uint8: string;
  readonly sample: { readonly index: readonly number[]; readonly pixel_values: readonly number[] };
}

test("fixtures/reference/pixels: bytes after resize and crop are equal, pixel values to 1e-6, as in Node", async () => {
  const reference = await json("pixels/pixels.json");
  const settings: Record<string, Parameters<typeof ImageProcessorConfig.fromJson>[0]> = reference.settings;
  const cases: readonly PixelCase[] = reference.cases;
  expect(cases.length).toBeGreaterThanOrEqual(80);
  for (const item of cases) {
    const processor = new ImageProcessor(ImageProcessorConfig.fromJson(settings[item.setting] ?? null));
    const name = `${item.picture} ${item.setting}`;
    const picture = await browserDecoder()(await read(`pixels/${item.picture}.png`));
    const expected = await browserDecoder()(await read(`pixels/${item.uint8}`));
    const { data } = processor.resized(picture);
    expect(data.every((value, i) => value === expected.data[i]) && data.length === expected.data.length, name).toBe(
      true,
    );
    const values = processor.preprocess(picture).data;
    const errors = item.sample.index.map((at, i) => Math.abs((values[at] ?? 9) - (item.sample.pixel_values[i] ?? 0)));
    expect(Math.max(...errors), name).toBeLessThanOrEqual(1e-6);
  }
});
