// The preset "paper" against what the authors' inference.py and model.py do.
import { ImageProcessorConfig } from "@glimpsejs/config";
import { ImageProcessor, type Picture } from "@glimpsejs/processor";
import { BertTokenizer } from "@glimpsejs/tokenizer";
import { describe, expect, test } from "vitest";
import { GitProcessor } from "./git-processor.ts";
import { paperClipProcessor, paperQuestionPixels } from "./paper-pixels.ts";
import type { Platform } from "./platform.ts";
import { presetOptions, presetProblems, presetQuestion } from "./presets.ts";

const tokenizer = BertTokenizer.fromVocab(
  new TextEncoder().encode("[PAD]\n[unused0]\n[unused1]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nfox\nunused2\n"),
);
const noPlatform: Platform = {
  open: () => Promise.reject(new Error("nothing is opened")),
  sink: () => Promise.reject(new Error("nothing is written")),
  backend: () => ({ name: "none", unavailable: async () => "none", open: () => Promise.reject(new Error("none")) }),
  picture: () => Promise.reject(new Error("nothing is decoded")),
  availableMemory: () => undefined,
};
const settings = { size: { shortestEdge: 480 }, cropSize: { height: 480, width: 480 } };
const processor = new GitProcessor(noPlatform, tokenizer, new ImageProcessor(ImageProcessorConfig.create(settings)));
const picture = (width: number, height: number): Picture => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(100),
});

describe("questions", () => {
  test("are cut to their last 38 tokens for the paper only", () => {
    const ids = Array.from({ length: 50 }, (_, i) => i);
    expect(presetQuestion("paper", ids)).toEqual(ids.slice(12));
    expect(presetQuestion("paper", ids.slice(0, 38))).toEqual(ids.slice(0, 38));
    expect(presetQuestion("hf", ids)).toEqual(ids);
  });

  // Heights and widths that MinMaxResizeForTest(480, 640) of inference.py returns for these pictures.
  test.each([
    [
      [640, 480],
      [480, 640],
    ],
    [
      [480, 640],
      [640, 480],
    ],
    [
      [500, 500],
      [480, 480],
    ],
    [
      [600, 500],
      [480, 576],
    ],
    [
      [500, 333],
      [426, 639],
    ],
    [
      [333, 500],
      [639, 426],
    ],
    [
      [1000, 100],
      [64, 640],
    ],
    [
      [1280, 33],
      [16, 620],
    ], // 16.5 rounds to the even 16
  ])("a picture of %j pixels (width, height) is asked about at %j (height, width)", ([width = 0, height = 0], size) => {
    expect(paperQuestionPixels(processor, [picture(width, height)], 480).shape).toEqual([1, 3, ...size]);
  });

  test("about several pictures need one size, after resizing", () => {
    expect(paperQuestionPixels(processor, [picture(640, 480), picture(320, 240)], 480).shape).toEqual([2, 3, 480, 640]);
    expect(() => paperQuestionPixels(processor, [picture(64, 48), picture(50, 50), picture(48, 64)], 480)).toThrow(
      /picture 1: .*expected 640 × 480, got 480 × 480[\s\S]*picture 2: .*got 480 × 640/,
    );
    expect(() => paperQuestionPixels(processor, [], 480)).toThrow(/there are none/);
  });
});

describe("search", () => {
  test("is four beams with GNMT's score for the paper", () => {
    const beams = { numBeams: 4, lengthPenalty: 0.6, lengthPenaltyFormula: "gnmt" };
    expect(presetOptions("paper", tokenizer, 768)).toEqual(beams);
    expect(presetOptions("hf", tokenizer, 1024)).toEqual({});
  });

  test("never says an unused token with the large image encoder", () => {
    expect(presetOptions("paper", tokenizer, 1024).suppressTokens).toEqual([1, 2]);
  });
});

test("clips of the paper are normalized as CLIP's pictures, at the checkpoint's size", () => {
  const odd = ImageProcessorConfig.create({ ...settings, imageMean: [0, 0, 0], imageStd: [1, 1, 1], resample: 2 });
  const { config } = paperClipProcessor(new GitProcessor(noPlatform, tokenizer, new ImageProcessor(odd)));
  const clip = ImageProcessorConfig.create();
  expect(config).toMatchObject({ imageMean: clip.imageMean, imageStd: clip.imageStd, resample: clip.resample });
  expect(config.cropSize).toEqual(odd.cropSize);
});

test("presetProblems() says which there are", () => {
  expect([undefined, "hf", "paper"].flatMap(presetProblems)).toEqual([]);
  expect(presetProblems("Paper")).toMatchObject([{ expected: "hf or paper", got: '"Paper"' }]);
});
