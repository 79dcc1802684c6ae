// Pictures to pixel_values: resize, centre crop, rescale, normalize, as CLIPImageProcessor and VideoMAEImageProcessor do.
// Reference: transformers 5.18, image_processing_backends.py (class PilBackend). Does not decode files or choose frames.
import { GlimpseError, show } from "@glimpsejs/base";
import { type ConfigInit, ImageProcessorConfig, type PixelSize } from "@glimpsejs/config";
import { type Picture, type PictureInput, toPicture } from "./picture.ts";
import { centerCrop, resize, resizeAndCrop } from "./resize.ts";

/** What the vision model is fed: a float32 tensor on the host, row-major. */
export interface PixelValues {
  readonly dtype: "float32";
  /** [pictures, 3, height, width], or [1, frames, 3, height, width] for a clip. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Turns pictures into what a checkpoint expects. Stateless after construction; safe to share. */
export class ImageProcessor {
  readonly config: ImageProcessorConfig;
  /** For each channel, the value that each byte becomes. */
  private readonly levels: readonly Float32Array[]; // 3 x [256]

  /** Fills in what `config` leaves open. Throws GlimpseError "invalid-config" with every problem. */
  constructor(config: ConfigInit<ImageProcessorConfig>) {
    this.config = ImageProcessorConfig.create(config);
    this.levels = [0, 1, 2].map((channel) => channelLevels(this.config, channel));
  }

  /**
   * One picture or a batch to [pictures, 3, height, width]. Throws GlimpseError "invalid-image" when a picture is
   * misshapen or none, or when the results differ in size (only possible without a centre crop), and "invalid-argument"
   * for an empty batch.
   */
  preprocess(pictures: PictureInput | readonly PictureInput[]): PixelValues {
    const { count, height, width, data } = this.planes(isList(pictures) ? pictures : [pictures], "picture");
    return { dtype: "float32", shape: [count, 3, height, width], data };
  }

  /** The frames of one clip, in order, to [1, frames, 3, height, width]. Errors as of {@link preprocess}. */
  preprocessClip(frames: readonly PictureInput[]): PixelValues {
    const { count, height, width, data } = this.planes(frames, "frame");
    return { dtype: "float32", shape: [1, count, 3, height, width], data };
  }

  /** The picture after resize and centre crop, still bytes; `subject` names it in errors, which are of toPicture and resize. */
  resized(input: PictureInput, subject = "picture"): Picture {
    const picture = toPicture(input, subject);
    const { doResize, doCenterCrop, resample, cropSize } = this.config;
    if (!doResize) return doCenterCrop ? centerCrop(picture, cropSize) : picture;
    const size = this.resizedSize(picture);
    return doCenterCrop ? resizeAndCrop(picture, size, resample, cropSize) : resize(picture, size, resample);
  }

  private resizedSize({ width, height }: PixelSize): PixelSize {
    const { size } = this.config;
    if (!("shortestEdge" in size)) return size;
    const long = Math.trunc((size.shortestEdge * Math.max(width, height)) / Math.min(width, height));
    return width <= height ? { width: size.shortestEdge, height: long } : { width: long, height: size.shortestEdge };
  }

  private planes(inputs: readonly PictureInput[], noun: string): PixelSize & { count: number; data: Float32Array } {
    if (!isList(inputs)) {
      throw new GlimpseError(
        { subject: `${noun}s`, problem: "they are no list", got: show(inputs) },
        { code: "invalid-argument" },
      );
    }
    const pictures = inputs.map((input, i) => this.resized(input, inputs.length === 1 ? noun : `${noun} ${i}`));
    const [first] = pictures;
    if (first === undefined) {
      throw new GlimpseError(
        { subject: `${noun}s`, problem: "there are none", expected: "at least one" },
        { code: "invalid-argument" },
      );
    }
    const { width, height } = first;
    const others = pictures.flatMap((picture, i) =>
      picture.width === width && picture.height === height ? [] : [{ picture, i }],
    );
    if (others.length > 0) {
      throw new GlimpseError(
        others.map(({ picture, i }) => ({
          subject: `${noun} ${i}`,
          problem: `its size differs from ${noun} 0 in the same batch`,
          expected: `${width} x ${height}`,
          got: `${picture.width} x ${picture.height}`,
          advice: "Use one size for all, a centre crop in the config, or separate calls.",
        })),
        { code: "invalid-image" },
      );
    }
    const data = new Float32Array(pictures.length * 3 * height * width); // [count, 3, height, width]
    pictures.forEach((picture, i) => {
      this.write(picture, data.subarray(i * 3 * height * width));
    });
    return { count: pictures.length, height, width, data };
  }

  /** Writes one picture as three planes to the start of `to`. */
  private write({ data, width, height }: Picture, to: Float32Array): void {
    const plane = width * height;
    this.levels.forEach((levels, channel) => {
      let at = channel * plane;
      for (let from = channel; from < data.length; from += 3) to[at++] = levels[data[from] ?? 0] ?? 0;
    });
  }
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** Rounds to float32 after each step, in the order in which the reference does. */
function channelLevels(config: ImageProcessorConfig, channel: number): Float32Array {
  const { doRescale, rescaleFactor, doNormalize, imageMean, imageStd } = config;
  const mean = Math.fround(imageMean[channel] ?? 0);
  const std = Math.fround(imageStd[channel] ?? 1);
  return Float32Array.from({ length: 256 }, (_, byte) => {
    const value = Math.fround(doRescale ? byte * rescaleFactor : byte);
    return doNormalize ? Math.fround(value - mean) / std : value;
  });
}
