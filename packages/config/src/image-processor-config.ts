// preprocessor_config.json, and the same nested in processor_config.json: how a picture becomes pixel_values.
// Defaults: CLIPImageProcessor and VideoMAEImageProcessor of transformers 5.18. Says nothing about how pixels are made.
import type { JsonValue } from "@glimpsejs/base";
import {
  among,
  finite,
  flag,
  limits,
  mapped,
  nullable,
  oneOf,
  optional,
  positive,
  type Schema,
  shape,
  tuple,
  unlessNull,
  whole,
} from "./fields.ts";
import type { GitConfig } from "./git-config.ts";
import {
  type ConfigKind,
  type ConfigRecord,
  configKind,
  isObject,
  type JsonObject,
  type RecordDefinition,
} from "./record.ts";

/** Pillow's numbers of its filters: 0 nearest, 1 lanczos, 2 bilinear, 3 bicubic, 4 box, 5 hamming. */
export type Resample = 0 | 1 | 2 | 3 | 4 | 5;

/** Height and width in pixels. */
export interface PixelSize {
  /** Rows of pixels, from 1. */
  readonly height: number;
  /** Columns of pixels, from 1. */
  readonly width: number;
}

/**
 * What a picture is resized to: both sides; or in proportion, by its shorter side (as long as the longer one does not
 * get longer than longestEdge), or as large as fits into maxHeight by maxWidth.
 */
export type ResizeTarget =
  | PixelSize
  | {
      /** Pixels of the shorter side. */
      readonly shortestEdge: number;
      /** Most pixels of the longer side. */
      readonly longestEdge?: number | undefined;
    }
  | {
      /** Most rows of pixels. */
      readonly maxHeight: number;
      /** Most columns of pixels. */
      readonly maxWidth: number;
    };

/** The steps of image processing, in order: resize, centre crop, rescale, normalize, pad. */
export interface ImageProcessorConfig extends ConfigRecord {
  /** The class in transformers: CLIP… or VideoMAE…, as the file spells it. Default "CLIPImageProcessor". */
  readonly imageProcessorType: string;
  /** Whether pictures are resized to `size`. Default true. */
  readonly doResize: boolean;
  /** Default shortestEdge 224. Files may give one number (shortest edge) or [height, width]. */
  readonly size: ResizeTarget;
  /** Default 3, bicubic; of VideoMAE 2, bilinear. */
  readonly resample: Resample;
  /** Whether the middle of `cropSize` is cut out; what lies outside of a smaller picture is 0. Default true. */
  readonly doCenterCrop: boolean;
  /** Default 224 by 224. Files may give one number (a square) or [height, width]. */
  readonly cropSize: PixelSize;
  /** Whether bytes are multiplied by `rescaleFactor`. Default true. */
  readonly doRescale: boolean;
  /** Factor from bytes to the range of imageMean. Default 1/255. */
  readonly rescaleFactor: number;
  /** Whether `imageMean` is subtracted and the result divided by `imageStd`. Default true. */
  readonly doNormalize: boolean;
  /** Mean per channel, red first. Files may give one number for all. Default CLIP's; of VideoMAE 0.5. */
  readonly imageMean: readonly [number, number, number];
  /** Standard deviation per channel, red first. Files may give one number. Default CLIP's; of VideoMAE 0.5. */
  readonly imageStd: readonly [number, number, number];
  /** Whether other colour modes are converted first. Default true; of VideoMAE false. */
  readonly doConvertRgb: boolean;
  /** Whether zeros are added on the right and below, up to padSize; VideoMAE never does. Default false. */
  readonly doPad: boolean;
  /** Default null: as large as the largest picture of the batch. */
  readonly padSize: PixelSize | null;
}

type Triple = [number, number, number];

const side = whole(1, limits.side);
const pixelSize: Schema<PixelSize> = shape(side, ["height", "width"]);
const sidePair = mapped(tuple<[number, number]>([side, side], ""), ([height, width]): PixelSize => ({ height, width }));
const resizeTarget: Schema<ResizeTarget> = oneOf<ResizeTarget>(
  [
    pixelSize,
    shape(side, ["shortestEdge"], ["longestEdge"]),
    mapped(
      shape(side, ["shortest_edge"], ["longest_edge"]),
      ({ shortest_edge: shortestEdge, longest_edge: longestEdge }) => ({
        shortestEdge,
        ...(longestEdge !== undefined && { longestEdge }),
      }),
    ),
    shape(side, ["maxHeight", "maxWidth"]),
    mapped(shape(side, ["max_height", "max_width"]), (size) => ({
      maxHeight: size.max_height,
      maxWidth: size.max_width,
    })),
    mapped(side, (shortestEdge) => ({ shortestEdge })),
    sidePair,
  ],
  `a shortest edge, height and width, or greatest height and width, of 1 to ${limits.side} pixels`,
);
const cropTarget = oneOf<PixelSize>(
  [pixelSize, mapped(side, (n) => ({ height: n, width: n })), sidePair],
  `height and width, of 1 to ${limits.side} pixels`,
);

function perChannel(value: Schema<number>, expected: string): Schema<Triple> {
  return oneOf<Triple>([tuple<Triple>([value, value, value], ""), mapped(value, (x): Triple => [x, x, x])], expected);
}

// transformers writes null for "off"
const step = (byDefault: boolean) =>
  optional(
    mapped(nullable(flag), (on) => on === true),
    byDefault,
  );

const processorType = /^(CLIP|VideoMAE)(ImageProcessor(Fast|Pil)?|FeatureExtractor|VideoProcessor)$/;
const processorName: Schema<string> = (value, issues) => {
  if (typeof value !== "string") issues.push({ expected: "the name of an image processor", got: value });
  else if (!processorType.test(value))
    issues.push({ expected: "CLIPImageProcessor or VideoMAEImageProcessor", got: value });
  return String(value);
};

function definition(
  resample: Resample,
  mean: Triple,
  std: Triple,
  convertRgb: boolean,
): RecordDefinition<ImageProcessorConfig> {
  return {
    fields: {
      imageProcessorType: optional(processorName, "CLIPImageProcessor"),
      doResize: step(true),
      size: unlessNull(resizeTarget, { shortestEdge: 224 }),
      resample: unlessNull(among([0, 1, 2, 3, 4, 5]), resample),
      doCenterCrop: step(true),
      cropSize: unlessNull(cropTarget, 224),
      doRescale: step(true),
      rescaleFactor: unlessNull(positive, 1 / 255),
      doNormalize: step(true),
      imageMean: unlessNull(perChannel(finite, "three numbers, one per channel, or one number for all"), mean),
      imageStd: unlessNull(perChannel(positive, "three numbers above 0, one per channel, or one number for all"), std),
      doConvertRgb: step(convertRgb),
      doPad: step(false),
      padSize: optional(nullable(cropTarget), null),
    },
  };
}

const clipMean: Triple = [0.48145466, 0.4578275, 0.40821073];
const clipStd: Triple = [0.26862954, 0.26130258, 0.27577711];
const clip = configKind("ImageProcessorConfig", "preprocessor_config.json", definition(3, clipMean, clipStd, true));
const videoMae = configKind(
  "ImageProcessorConfig",
  "preprocessor_config.json",
  definition(2, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5], false),
);

/**
 * Makes, reads and writes image processor configs. Besides what {@link ConfigKind} says: `fromJson` also takes a
 * processor_config.json, whose `image_processor` (or `video_processor`) it reads, other keys going to `extra`; one that
 * has neither describes no image processor and reads as the defaults. `toJson` writes the flat form of
 * preprocessor_config.json.
 */
export const ImageProcessorConfig: ConfigKind<ImageProcessorConfig> & {
  /**
   * What a checkpoint without preprocessor_config.json implies, for stills and clips alike: CLIP's mean and deviation,
   * bicubic, the shorter side resized to the model's image size and the middle cropped to a square of that size, as
   * convert_git_to_pytorch.py of transformers has it for stills. (The published checkpoints for clips say
   * VideoMAEImageProcessor, in a file of their own; the original code of GIT treats clips as it treats stills.)
   */
  forModel(config: GitConfig): ImageProcessorConfig;
} = {
  create: (init = {}) => kindOf(init?.imageProcessorType).create(init),
  fromJson(json, subject = "preprocessor_config.json") {
    const file = flat(json, subject);
    const type = isObject(file.json) ? file.json["image_processor_type"] : undefined;
    return kindOf(type).fromJson(file.json, file.subject);
  },
  toJson(config) {
    const { do_pad, pad_size, ...json } = kindOf(config?.imageProcessorType).toJson(config);
    if (!isObject(json["size"])) return json; // no config at all
    return { ...json, size: sizeToJson(config.size), ...(config.doPad && { do_pad, pad_size }) }; // as the reference writes it
  },
  forModel({ visionConfig: { imageSize } }) {
    return clip.create({ size: { shortestEdge: imageSize }, cropSize: { height: imageSize, width: imageSize } });
  },
};

function sizeToJson(size: ResizeTarget): JsonObject {
  if ("maxHeight" in size) return { max_height: size.maxHeight, max_width: size.maxWidth };
  if (!("shortestEdge" in size)) return { height: size.height, width: size.width };
  const { shortestEdge, longestEdge } = size;
  return { shortest_edge: shortestEdge, ...(longestEdge !== undefined && { longest_edge: longestEdge }) };
}

function kindOf(type: unknown): ConfigKind<ImageProcessorConfig> {
  return typeof type === "string" && type.startsWith("VideoMAE") ? videoMae : clip;
}

/** Lifts the fields out of a processor_config.json. */
function flat(json: JsonValue, subject: string): { readonly json: JsonValue; readonly subject: string } {
  if (!isObject(json)) return { json, subject };
  for (const part of ["image_processor", "video_processor"]) {
    const { [part]: inner, ...outer } = json;
    if (isObject(inner)) return { json: withType({ ...outer, ...inner }), subject: `${subject} ${part}` };
  }
  return { json: withType(json), subject };
}

/** Puts the type of video processors and older files under its present name. */
function withType(json: JsonObject): JsonObject {
  const type = json["image_processor_type"] ?? json["video_processor_type"] ?? json["feature_extractor_type"];
  return type === undefined ? json : { ...json, image_processor_type: type };
}
