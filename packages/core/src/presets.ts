// Two ways of running the same weights. "hf" is what transformers does by default. "paper" is what the authors' code
// does (microsoft/GenerativeImage2Text): with it the published scores are computed.
import { GlimpseError, type Problem, show } from "@glimpsejs/base";
import { ImageProcessorConfig } from "@glimpsejs/config";
import type { HostTensor } from "@glimpsejs/graph";
import { ImageProcessor, type Picture } from "@glimpsejs/processor";
import type { BertTokenizer } from "@glimpsejs/tokenizer";
import type { GenerateOptions } from "./generation/options.ts";
import type { GitProcessor } from "./git-processor.ts";

/** "hf" (default) or "paper". */
export type Preset = "hf" | "paper";

/** Every preset. */
export const presets: readonly Preset[] = ["hf", "paper"];

/** Tokens of a question that the authors' code keeps: max_text_len 40 less [CLS] and [SEP] (inference.py). */
const questionTokens = 38;

/** The image encoder of the large checkpoints is this wide (ViT-L/14). */
const largeWidth = 1024;

/** A problem for what is given and no preset. */
export function presetProblems(preset: unknown): Problem[] {
  if (preset === undefined || presets.some((name) => name === preset)) return [];
  const expected = presets.join(" or ");
  return [{ subject: 'option "preset"', problem: "there is no such preset", expected, got: show(preset) }];
}

/** The question's tokens that are asked: all, or for "paper" the last 38. */
export function presetQuestion(preset: Preset, ids: readonly number[]): readonly number[] {
  return preset === "paper" ? ids.slice(-questionTokens) : ids;
}

/**
 * Options of generate() that a preset stands for: for "paper" beam search with 4 beams and GNMT's length penalty 0.6
 * (model.py, GeneratorWithBeamSearch; Wu et al. 2016, equation 14). The large checkpoints were trained on captions
 * whose names are tags such as [unused0]; those are suppressed (issues 19, 29 and 50 of that repository).
 */
export function presetOptions(preset: Preset, tokenizer: BertTokenizer, visionWidth: number): GenerateOptions {
  if (preset !== "paper") return {};
  const unused = visionWidth >= largeWidth ? unusedTokens(tokenizer) : [];
  return {
    numBeams: 4,
    lengthPenalty: 0.6,
    lengthPenaltyFormula: "gnmt",
    ...(unused.length > 0 && { suppressTokens: unused }),
  };
}

function unusedTokens(tokenizer: BertTokenizer): readonly number[] {
  return Array.from({ length: tokenizer.vocabSize }, (_, id) => id).filter((id) =>
    /^\[unused\d+\]$/.test(tokenizer.idToToken(id) ?? ""),
  );
}

/**
 * Pixel values of pictures as the authors' code makes them for questions: not cropped, so not square; the short side is
 * the model's, the long one at most 4/3 of it (480 and 640 for base, 420 and 560 for large; MinMaxResizeForTest in
 * inference.py). The positions are then interpolated. float32 [B, 3, H, W]; throws "invalid-image" unless all pictures
 * come out at one size.
 */
export function paperQuestionPixels(
  processor: GitProcessor,
  pictures: readonly Picture[],
  imageSize: number,
): HostTensor<"float32"> {
  const [size, ...others] = pictures.map((picture) => minMaxSize(picture, imageSize, Math.round((imageSize * 4) / 3)));
  if (size === undefined) return processor.imageProcessor.preprocess(pictures); // which says that there are none
  const problems = others.flatMap(({ width, height }, i) => {
    if (width === size.width && height === size.height) return [];
    return {
      subject: `picture ${i + 1}`,
      problem: "its size differs from picture 0 in the same batch",
      expected: `${size.width} × ${size.height}`,
      got: `${width} × ${height}`,
      advice: 'The preset "paper" does not crop for questions; ask about one picture at a time.',
    };
  });
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-image" });
  const config = ImageProcessorConfig.create({
    ...settings(processor.imageProcessor.config),
    size,
    doCenterCrop: false,
  });
  return new ImageProcessor(config).preprocess(pictures);
}

/** The processor of clips as the authors' code prepares frames: CLIP's mean, deviation and bicubic filter. */
export function paperClipProcessor(processor: GitProcessor): ImageProcessor {
  const { config } = processor.imageProcessor;
  const { imageMean, imageStd, resample } = ImageProcessorConfig.create();
  return new ImageProcessor(ImageProcessorConfig.create({ ...settings(config), imageMean, imageStd, resample }));
}

function settings({ extra: _, ...rest }: ImageProcessorConfig): Omit<ImageProcessorConfig, "extra"> {
  return rest;
}

/** As Python rounds. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  return x - floor === 0.5 && floor % 2 === 0 ? floor : Math.round(x);
}

/** The size whose short side is `min`, unless its long side would then be more than `max`. */
function minMaxSize(
  { width, height }: { readonly width: number; readonly height: number },
  min: number,
  max: number,
): { readonly width: number; readonly height: number } {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  const side = (long / short) * min > max ? roundHalfEven((max * short) / long) : min;
  return width < height
    ? { width: side, height: Math.floor((side * height) / width) }
    : { width: Math.floor((side * width) / height), height: side };
}
