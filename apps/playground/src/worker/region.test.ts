// The seen part of pictures under the ways in which processors resize and crop.
import { ImageProcessorConfig } from "@glimpsejs/config";
import { expect, test } from "vitest";
import { seenRegion } from "./region.ts";

const crop = { cropSize: { height: 96, width: 96 } };

test("the middle square of a wide picture, all of a square one", () => {
  const config = ImageProcessorConfig.create({ size: { shortestEdge: 96 }, ...crop });
  expect(seenRegion(config, { width: 400, height: 200 })).toEqual({ left: 0.25, top: 0, width: 0.5, height: 1 });
  expect(seenRegion(config, { width: 100, height: 400 })).toEqual({ left: 0, top: 0.375, width: 1, height: 0.25 });
  expect(seenRegion(config, { width: 50, height: 50 })).toEqual({ left: 0, top: 0, width: 1, height: 1 });
});

test("a crop that is smaller than what was resized", () => {
  const config = ImageProcessorConfig.create({ size: { shortestEdge: 128 }, ...crop });
  expect(seenRegion(config, { width: 10, height: 10 })).toEqual({ left: 0.125, top: 0.125, width: 0.75, height: 0.75 });
});

test("everything where nothing is cropped", () => {
  const config = ImageProcessorConfig.create({ doCenterCrop: false });
  expect(seenRegion(config, { width: 10, height: 30 })).toEqual({ left: 0, top: 0, width: 1, height: 1 });
});
