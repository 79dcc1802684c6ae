// How the authors' code prepares pictures for questions, and clips: the pixels of the preset "paper".
import { GlimpseError } from "@glimpsejs/base";
import { ImageProcessorConfig } from "@glimpsejs/config";
import type { HostTensor } from "@glimpsejs/graph";
import { ImageProcessor, type Picture } from "@glimpsejs/processor";
import type { GitProcessor } from "./git-processor.ts";

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
