// preprocessor_config.json in all its forms, against the reference's defaults.
import { readFileSync } from "node:fs";
import { parseJson } from "@glimpsejs/base";
import { expect, test } from "vitest";
import { GitConfig } from "./git-config.ts";
import { ImageProcessorConfig } from "./image-processor-config.ts";

// transformers 5.18: CLIPImageProcessor().to_dict()
const clipFile = {
  crop_size: { height: 224, width: 224 },
  do_center_crop: true,
  do_convert_rgb: true,
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_processor_type: "CLIPImageProcessor",
  image_std: [0.26862954, 0.26130258, 0.27577711],
  resample: 3,
  rescale_factor: 0.00392156862745098,
  size: { shortest_edge: 224 },
};

test("the defaults are CLIPImageProcessor's", () => {
  expect(ImageProcessorConfig.toJson(ImageProcessorConfig.create())).toEqual(clipFile);
  expect(ImageProcessorConfig.fromJson({})).toEqual(ImageProcessorConfig.create());
});

test("the defaults are VideoMAEImageProcessor's where the file says so", () => {
  const expected = {
    ...clipFile,
    do_convert_rgb: false,
    image_mean: [0.5, 0.5, 0.5],
    image_processor_type: "VideoMAEImageProcessor",
    image_std: [0.5, 0.5, 0.5],
    resample: 2,
  };
  const config = ImageProcessorConfig.fromJson({ image_processor_type: "VideoMAEImageProcessor" });
  expect(ImageProcessorConfig.toJson(config)).toEqual(expected);
  expect(ImageProcessorConfig.create({ imageProcessorType: "VideoMAEImageProcessor" })).toEqual(config);
  expect(ImageProcessorConfig.fromJson({ feature_extractor_type: "VideoMAEFeatureExtractor" }).resample).toBe(2);
});

test("files are read flat and nested in processor_config.json", () => {
  const flat = ImageProcessorConfig.fromJson({
    ...clipFile,
    size: { shortest_edge: 96 },
    processor_class: "GitProcessor",
  });
  expect(flat.size).toEqual({ shortestEdge: 96 });
  expect(flat.extra).toEqual({ processor_class: "GitProcessor" });
  for (const part of ["image_processor", "video_processor"]) {
    const nested = { [part]: { ...clipFile, size: { shortest_edge: 96 } }, processor_class: "GitProcessor" };
    expect(ImageProcessorConfig.fromJson(nested)).toEqual(flat);
  }
  expect(ImageProcessorConfig.toJson(flat)).toEqual({
    ...clipFile,
    size: { shortest_edge: 96 },
    processor_class: "GitProcessor",
  });
});

test("sizes have the forms that transformers takes", () => {
  const sizes = (json: { size: number | number[]; crop_size: number | number[] }) => {
    const { size, cropSize } = ImageProcessorConfig.fromJson(json);
    return [size, cropSize];
  };
  expect(sizes({ size: 300, crop_size: 200 })).toEqual([{ shortestEdge: 300 }, { height: 200, width: 200 }]);
  expect(sizes({ size: [300, 310], crop_size: [200, 210] })).toEqual([
    { height: 300, width: 310 },
    { height: 200, width: 210 },
  ]);
  const exact = ImageProcessorConfig.fromJson({ size: { height: 3, width: 4 } });
  expect(ImageProcessorConfig.toJson(exact)).toEqual({ ...clipFile, size: { height: 3, width: 4 } });
});

test("sizes and padding are written as they are read", () => {
  for (const size of [
    { shortest_edge: 5, longest_edge: 9 },
    { max_height: 7, max_width: 8 },
  ]) {
    const json = { ...clipFile, size, do_pad: true, pad_size: { height: 90, width: 80 } };
    const config = ImageProcessorConfig.fromJson(json);
    expect(config.extra).toEqual({});
    expect(ImageProcessorConfig.toJson(config)).toEqual(json);
    expect(ImageProcessorConfig.create(config)).toEqual(config);
  }
  expect(ImageProcessorConfig.fromJson({ image_mean: 0.5, image_std: 0.25 })).toMatchObject({
    imageMean: [0.5, 0.5, 0.5],
    imageStd: [0.25, 0.25, 0.25],
  });
});

test("null switches a step off and leaves a setting at its default", () => {
  const config = ImageProcessorConfig.fromJson({ do_center_crop: null, crop_size: null, resample: null });
  expect(config).toEqual(ImageProcessorConfig.create({ doCenterCrop: false }));
});

test("a model implies CLIP's processing at its own image size", () => {
  const config = GitConfig.create({ visionConfig: { imageSize: 480 }, numImageWithEmbedding: 6 });
  expect(ImageProcessorConfig.toJson(ImageProcessorConfig.forModel(config))).toEqual({
    ...clipFile,
    size: { shortest_edge: 480 },
    crop_size: { height: 480, width: 480 },
  });
});

test.each(["clip224", "clip480"])("settings %s of the pixel reference are read", (name) => {
  const url = new URL("../../../fixtures/reference/pixels/pixels.json", import.meta.url);
  const { settings } = JSON.parse(JSON.stringify(parseJson(readFileSync(url), "pixels.json")));
  expect(ImageProcessorConfig.toJson(ImageProcessorConfig.fromJson(settings[name]))).toMatchObject(settings[name]);
});

test("B15: impossible settings", () => {
  const json = {
    image_processor: {
      size: { longest_edge: 5 },
      crop_size: { height: 0, width: 4 },
      resample: 6,
      image_mean: [0, "1"],
      image_std: [1, 0, 1],
      rescale_factor: -1,
      do_resize: "yes",
    },
  };
  const lines = [
    'size: the value is wrong, expected a shortest edge, height and width, or greatest height and width, of 1 to 16384 pixels, got {"longest_edge":5}.',
    'crop_size: the value is wrong, expected height and width, of 1 to 16384 pixels, got {"height":0,"width":4}.',
    "resample: the value is wrong, expected 0, 1, 2, 3, 4, 5, got 6.",
    "rescale_factor: the value is wrong, expected a finite number above 0, got -1.",
    'do_resize: the value is wrong, expected true or false, got "yes".',
    'image_mean: the value is wrong, expected three numbers, one per channel, or one number for all, got [0,"1"].',
    "image_std: the value is wrong, expected three numbers above 0, one per channel, or one number for all, got [1,0,1].",
  ];
  for (const line of lines) {
    expect(() => ImageProcessorConfig.fromJson(json, "processor_config.json")).toThrow(
      `processor_config.json image_processor ${line}`,
    );
  }
  expect(() => ImageProcessorConfig.fromJson({ image_processor_type: "ViTImageProcessor" })).toThrow(
    "preprocessor_config.json image_processor_type: the value is wrong, expected CLIPImageProcessor or VideoMAEImageProcessor",
  );
});
