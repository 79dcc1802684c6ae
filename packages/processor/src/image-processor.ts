// Pictures to pixel_values: resize, centre crop, rescale, normalize, pad, as CLIPImageProcessor and VideoMAEImageProcessor do.
// Reference: transformers 5.18, image_processing_backends.py (class PilBackend). Does not decode files or choose frames.
import { GlimpseError, show } from "@glimpsejs/base";
import { type ConfigInit, ImageProcessorConfig, type PixelSize } from "@glimpsejs/config";
import { type Picture, type PictureInput, toPicture } from "./picture.ts";
import { centerCrop, resize, resizeAndCrop } from "./resize.ts";
import { resizedSize } from "./resized-size.ts";

/** What the vision model is fed: a float32 tensor on the host, row-major. */
export interface PixelValues {
  /** Always float32. */
  readonly dtype: "float32";
  /** [pictures, 3, height, width], or [1, frames, 3, height, width] for a clip. */
  readonly shape: readonly number[];
  /** Normalized pixels, plane by plane: red, green, blue. */
  readonly data: Float32Array;
}

/** Turns pictures into what a checkpoint expects. Stateless after construction; safe to share. */
export class ImageProcessor {
  /** Every setting, defaults filled in. */
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
   * misshapen or none, or when the results differ in size (only possible without centre crop and padding), and "invalid-argument"
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

  /**
   * The same for frames that come one at a time, as those of a clip do: of each only what resize and crop leave is kept.
   * Errors as of {@link preprocess}, and what `frames` throws.
   */
  async preprocessFrames(frames: AsyncIterable<PictureInput>): Promise<PixelValues> {
    const pictures: Picture[] = [];
    for await (const frame of frames) pictures.push(this.resized(frame, `frame ${pictures.length}`));
    const { count, height, width, data } = this.stacked(pictures, "frame");
    return { dtype: "float32", shape: [1, count, 3, height, width], data };
  }

  /** The picture after resize and centre crop, still bytes; `subject` names it in errors, which are of toPicture and resize. */
  resized(input: PictureInput, subject = "picture"): Picture {
    const picture = toPicture(input, subject);
    const { doResize, doCenterCrop, resample, cropSize } = this.config;
    if (!doResize) return doCenterCrop ? centerCrop(picture, cropSize) : picture;
    const size = resizedSize(picture, this.config.size);
    return doCenterCrop ? resizeAndCrop(picture, size, resample, cropSize) : resize(picture, size, resample);
  }

  private planes(inputs: readonly PictureInput[], noun: string): PixelSize & { count: number; data: Float32Array } {
    if (!isList(inputs)) {
      throw new GlimpseError(
        { subject: `${noun}s`, problem: "they are no list", got: show(inputs) },
        { code: "invalid-argument" },
      );
    }
    const pictures = inputs.map((input, i) => this.resized(input, inputs.length === 1 ? noun : `${noun} ${i}`));
    return this.stacked(pictures, noun);
  }

  /** Pictures that are resized already, as planes of one tensor. */
  private stacked(pictures: readonly Picture[], noun: string): PixelSize & { count: number; data: Float32Array } {
    const { width, height } = this.canvas(pictures, noun);
    const data = new Float32Array(pictures.length * 3 * height * width); // [count, 3, height, width]
    pictures.forEach((picture, i) => {
      this.write(picture, data.subarray(i * 3 * height * width), { width, height });
    });
    return { count: pictures.length, height, width, data };
  }

  /** The size of all pictures of a batch: their common one, or what padding makes of them. */
  private canvas(pictures: readonly Picture[], noun: string): PixelSize {
    const { padSize, imageProcessorType } = this.config;
    // VideoMAEImageProcessor of the reference reads do_pad and does nothing with it.
    const doPad = this.config.doPad && !imageProcessorType.startsWith("VideoMAE");
    const [first] = pictures;
    const height = doPad ? (padSize?.height ?? Math.max(...pictures.map((picture) => picture.height))) : first?.height;
    const width = doPad ? (padSize?.width ?? Math.max(...pictures.map((picture) => picture.width))) : first?.width;
    if (width === undefined || height === undefined) {
      throw new GlimpseError(
        { subject: `${noun}s`, problem: "there are none", expected: "at least one" },
        { code: "invalid-argument" },
      );
    }
    const fits = (picture: Picture) =>
      doPad ? picture.width <= width && picture.height <= height : picture.width === width && picture.height === height;
    const problems = pictures.flatMap((picture, i) =>
      fits(picture)
        ? []
        : [
            {
              subject: `${noun} ${i}`,
              problem: doPad
                ? "it is larger than it is padded to"
                : `its size differs from ${noun} 0 in the same batch`,
              expected: `${doPad ? "at most " : ""}${width} x ${height}`,
              got: `${picture.width} x ${picture.height}`,
              advice: doPad
                ? "Use a larger padSize, or none."
                : "Use one size for all, a centre crop in the config, or separate calls.",
            },
          ],
    );
    if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-image" });
    return { width, height };
  }

  /** Writes one picture as three planes to the start of `to`; on a larger canvas to the top left, zeros around it. */
  private write({ data, width, height }: Picture, to: Float32Array, canvas: PixelSize): void {
    this.levels.forEach((levels, channel) => {
      let from = channel;
      for (let row = 0; row < height; row++) {
        let at = (channel * canvas.height + row) * canvas.width;
        for (const end = at + width; at < end; from += 3) to[at++] = levels[data[from] ?? 0] ?? 0;
      }
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
