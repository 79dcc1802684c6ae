// Batches, clips and the errors of ImageProcessor; the numbers are in reference.test.ts.
import { GlimpseError } from "@glimpsejs/base";
import { ImageProcessorConfig } from "@glimpsejs/config";
import { expect, test } from "vitest";
import { ImageProcessor } from "./image-processor.ts";
import type { Picture } from "./picture.ts";

function plain(width: number, height: number, ...rgb: [number, number, number]): Picture {
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => rgb[i % 3] ?? 0) };
}

const red = plain(30, 20, 255, 0, 0);
const blue = plain(20, 50, 0, 0, 255);
const small = { size: { shortestEdge: 8 }, cropSize: { width: 8, height: 8 } } as const;

test("a batch of pictures of different sizes is [pictures, 3, height, width], each as if alone", () => {
  const processor = new ImageProcessor(ImageProcessorConfig.create(small));
  const both = processor.preprocess([red, blue]);
  expect(both.shape).toEqual([2, 3, 8, 8]);
  const alone = [red, blue].flatMap((picture) => [...processor.preprocess(picture).data]);
  expect([...both.data]).toEqual(alone);
});

test("the frames of a clip are [1, frames, 3, height, width]", () => {
  const processor = new ImageProcessor(ImageProcessorConfig.create(small));
  const clip = processor.preprocessClip([red, blue, red]);
  expect(clip.shape).toEqual([1, 3, 3, 8, 8]);
  expect(clip.data).toEqual(processor.preprocess([red, blue, red]).data);
});

test("values are (byte / 255 - mean) / std in single precision, as transformers computes them", () => {
  const processor = new ImageProcessor(ImageProcessorConfig.create(small));
  const { data } = processor.preprocess(plain(8, 8, 255, 100, 0));
  // CLIPImageProcessorPil of transformers 5.18 on the same picture
  expect([data[0], data[64], data[128]]).toEqual([1.9303361177444458, -0.2513202726840973, -1.480219841003418]);
});

test("a VideoMAE config gives -1 to 1 by its own defaults", () => {
  const processor = new ImageProcessor(ImageProcessorConfig.create({ imageProcessorType: "VideoMAEImageProcessor" }));
  const { shape, data } = processor.preprocessClip([plain(300, 224, 0, 255, 0)]);
  expect(shape).toEqual([1, 1, 3, 224, 224]);
  expect([data[0], data[224 * 224], data[2 * 224 * 224]]).toEqual([-1, 1, -1]);
});

test("each step can be off", () => {
  const off = { doResize: false, doCenterCrop: false, doRescale: false, doNormalize: false };
  const { shape, data } = new ImageProcessor(ImageProcessorConfig.create(off)).preprocess(red);
  expect(shape).toEqual([1, 3, 20, 30]);
  expect(new Set(data.subarray(0, 600))).toEqual(new Set([255]));
  const cropped = new ImageProcessor(
    ImageProcessorConfig.create({ ...off, doCenterCrop: true, cropSize: small.cropSize }),
  );
  expect(cropped.preprocess([red, blue]).shape).toEqual([2, 3, 8, 8]);
});

test("without a centre crop the longer side is cut to a whole pixel, and sizes must agree", () => {
  const processor = new ImageProcessor(ImageProcessorConfig.create({ ...small, doCenterCrop: false }));
  expect(processor.preprocess(plain(31, 20, 1, 2, 3)).shape).toEqual([1, 3, 8, 12]);
  expect(processor.preprocess(plain(20, 31, 1, 2, 3)).shape).toEqual([1, 3, 12, 8]);
  expect(() => processor.preprocess([red, blue, red, blue])).toThrow(
    /2 problems:.*picture 1: its size differs .*expected 12 x 8, got 8 x 20.*picture 3/s,
  );
});

test("an empty batch and a misshapen picture are named", () => {
  const processor = new ImageProcessor(ImageProcessorConfig.create(small));
  expect(() => processor.preprocess([])).toThrow("pictures: there are none, expected at least one.");
  expect(() => processor.preprocessClip([red, { ...red, width: 31 }])).toThrow(/^frame 1: the length/);
  expect(() => processor.preprocess({ ...red, width: 0 })).toThrow(GlimpseError);
  expect(processor.preprocess(red).shape).toEqual([1, 3, 8, 8]);
  expect(() => processor.preprocessClip([])).toThrow("frames: there are none, expected at least one.");
});

test("what is no picture, no list of frames or no config is refused with a typed error", () => {
  const processor = new ImageProcessor(small);
  const wrong = JSON.parse('["x", null, 5]');
  for (const value of wrong) {
    const noPicture = `this is no picture, expected { width, height, data }, got ${JSON.stringify(value)}.`;
    expect(() => processor.preprocess(value)).toThrow(`picture: ${noPicture}`);
    expect(() => processor.preprocess([red, value])).toThrow(`picture 1: ${noPicture}`);
    expect(() => processor.resized(value)).toThrow(`picture: ${noPicture}`);
    expect(() => processor.preprocessClip(value)).toThrow(`frames: they are no list, got ${JSON.stringify(value)}.`);
  }
  expect(() => processor.preprocess(JSON.parse("{}"))).toThrow(GlimpseError);
  expect(() => new ImageProcessor(JSON.parse('{ "cropsize": 8 }'))).toThrow('Did you mean "cropSize"?');
});

test("a config is filled in", () => {
  expect(new ImageProcessor({}).config).toEqual(ImageProcessorConfig.create());
});
