// preprocessor_config.json, and the same nested in processor_config.json: how a picture becomes pixel_values.
// Defaults: CLIPImageProcessor and VideoMAEImageProcessor of transformers 5.18. Says nothing about how pixels are made.
import type { JsonValue } from "@glimpsejs/base";
import * as v from "valibot";
import { finite, flag, limits, oneOf, positive, whole } from "./fields.ts";
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
  readonly height: number;
  readonly width: number;
}

/** What a picture is resized to: its shorter side with the other in proportion, or both sides. */
export type ResizeTarget = PixelSize | { readonly shortestEdge: number };

/** The steps of image processing, in order: resize, centre crop, rescale, normalize. */
export interface ImageProcessorConfig extends ConfigRecord {
  /** The class in transformers: CLIP… or VideoMAE…, as the file spells it. Default "CLIPImageProcessor". */
  readonly imageProcessorType: string;
  readonly doResize: boolean;
  /** Default shortestEdge 224. Files may give one number (shortest edge) or [height, width]. */
  readonly size: ResizeTarget;
  /** Default 3, bicubic; of VideoMAE 2, bilinear. */
  readonly resample: Resample;
  readonly doCenterCrop: boolean;
  /** Default 224 by 224. Files may give one number (a square) or [height, width]. */
  readonly cropSize: PixelSize;
  readonly doRescale: boolean;
  /** Factor from bytes to the range of imageMean. Default 1/255. */
  readonly rescaleFactor: number;
  readonly doNormalize: boolean;
  /** Mean per channel, red first. Default CLIP's; of VideoMAE 0.5. */
  readonly imageMean: readonly [number, number, number];
  /** Standard deviation per channel, red first. Default CLIP's; of VideoMAE 0.5. */
  readonly imageStd: readonly [number, number, number];
  /** Whether other colour modes are converted first. Default true; of VideoMAE false. */
  readonly doConvertRgb: boolean;
}

type Triple = [number, number, number];

const side = whole(1, limits.side);
const pixelSize = v.strictObject({ height: side, width: side });
const sidePair = v.pipe(
  v.strictTuple([side, side]),
  v.transform(([height, width]) => ({ height, width })),
);
const resizeTarget = v.union(
  [
    pixelSize,
    v.strictObject({ shortestEdge: side }),
    v.pipe(
      v.strictObject({ shortest_edge: side }),
      v.transform((size) => ({ shortestEdge: size.shortest_edge })),
    ),
    v.pipe(
      side,
      v.transform((shortestEdge) => ({ shortestEdge })),
    ),
    sidePair,
  ],
  `a shortest edge or height and width, of 1 to ${limits.side} pixels`,
);
const cropTarget = v.union(
  [
    pixelSize,
    v.pipe(
      side,
      v.transform((n) => ({ height: n, width: n })),
    ),
    sidePair,
  ],
  `height and width, of 1 to ${limits.side} pixels`,
);
// transformers writes null for "off"
const step = (byDefault: boolean) =>
  v.optional(
    v.pipe(
      v.nullable(flag),
      v.transform((on) => on === true),
    ),
    byDefault,
  );

function definition(
  resample: Resample,
  mean: Triple,
  std: Triple,
  convertRgb: boolean,
): RecordDefinition<ImageProcessorConfig> {
  return {
    fields: {
      imageProcessorType: v.optional(
        v.pipe(
          v.string("the name of an image processor"),
          v.regex(
            /^(CLIP|VideoMAE)(ImageProcessor(Fast|Pil)?|FeatureExtractor|VideoProcessor)$/,
            "CLIPImageProcessor or VideoMAEImageProcessor",
          ),
        ),
        "CLIPImageProcessor",
      ),
      doResize: step(true),
      size: v.nullish(resizeTarget, { shortestEdge: 224 }),
      resample: v.nullish(oneOf([0, 1, 2, 3, 4, 5]), resample),
      doCenterCrop: step(true),
      cropSize: v.nullish(cropTarget, 224),
      doRescale: step(true),
      rescaleFactor: v.nullish(positive, 1 / 255),
      doNormalize: step(true),
      imageMean: v.nullish(v.strictTuple([finite, finite, finite], "three numbers, one per channel"), mean),
      imageStd: v.nullish(v.strictTuple([positive, positive, positive], "three numbers above 0, one per channel"), std),
      doConvertRgb: step(convertRgb),
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
  create: (init = {}) => kindOf(init.imageProcessorType).create(init),
  fromJson(json, subject = "preprocessor_config.json") {
    const file = flat(json, subject);
    const type = isObject(file.json) ? file.json["image_processor_type"] : undefined;
    return kindOf(type).fromJson(file.json, file.subject);
  },
  toJson(config) {
    const json = kindOf(config.imageProcessorType).toJson(config);
    const { size } = config;
    return "shortestEdge" in size ? { ...json, size: { shortest_edge: size.shortestEdge } } : json;
  },
  forModel({ visionConfig: { imageSize } }) {
    return clip.create({ size: { shortestEdge: imageSize }, cropSize: { height: imageSize, width: imageSize } });
  },
};

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
