// The presets against the table in convert_git_to_pytorch.py of transformers.
import { expect, test } from "vitest";
import { GitConfig } from "./git-config.ts";
import { presetConfig, presetNames } from "./presets.ts";

test("there are 17 published checkpoints", () => {
  expect(new Set(presetNames).size).toBe(17);
});

test("git-base is the default, and large ones have CLIP's ViT-L/14", () => {
  expect(presetConfig("git-base")).toEqual(GitConfig.create());
  expect(presetConfig("git-large-r-coco")).toEqual(presetConfig("git-large"));
  expect(presetConfig("git-large")).toMatchObject({
    hiddenSize: 768,
    visionConfig: {
      hiddenSize: 1024,
      intermediateSize: 4096,
      numHiddenLayers: 24,
      numAttentionHeads: 16,
      patchSize: 14,
    },
  });
});

test("VQA checkpoints see more pixels, clips have six frames", () => {
  const unusual = presetNames.flatMap((name) => {
    const { visionConfig, numImageWithEmbedding } = presetConfig(name);
    return visionConfig.imageSize === 224 && numImageWithEmbedding === null
      ? []
      : [[name, visionConfig.imageSize, numImageWithEmbedding]];
  });
  expect(unusual).toEqual([
    ["git-base-vqav2", 480, null],
    ["git-base-textvqa", 480, null],
    ["git-base-vatex", 224, 6],
    ["git-base-msrvtt-qa", 224, 6],
    ["git-large-vqav2", 420, null],
    ["git-large-textvqa", 420, null],
    ["git-large-vatex", 224, 6],
    ["git-large-msrvtt-qa", 224, 6],
  ]);
});

test("an unknown name is an error that names the nearest", () => {
  expect(() => presetConfig(JSON.parse('"git-bse-coco"'))).toThrow(
    'preset "git-bse-coco": there is no such preset. Did you mean "git-base-coco"?',
  );
});
