// The configs of the published GIT checkpoints, for models without their files: tests, benchmarks, fresh training.
// Source: get_git_config in transformers, src/transformers/models/git/convert_git_to_pytorch.py, which made the
// config.json files of the Hub.
import { GlimpseError, nearestName } from "@glimpsejs/base";
import { GitConfig } from "./git-config.ts";

/** Names of the published checkpoints; each is `microsoft/<name>` on the Hub. */
export const presetNames = [
  "git-base",
  "git-base-coco",
  "git-base-textcaps",
  "git-base-vqav2",
  "git-base-textvqa",
  "git-base-vatex",
  "git-base-msrvtt-qa",
  "git-large",
  "git-large-coco",
  "git-large-textcaps",
  "git-large-vqav2",
  "git-large-textvqa",
  "git-large-vatex",
  "git-large-msrvtt-qa",
  "git-large-r",
  "git-large-r-coco",
  "git-large-r-textcaps",
] as const;

/** Name of a published checkpoint. */
export type PresetName = (typeof presetNames)[number];

/**
 * The config of a published checkpoint. Large ones have CLIP's ViT-L/14 as encoder, VQA ones see 480 (base) or 420
 * (large) pixels in place of 224, and those for clips take six frames. Throws "invalid-argument" for an unknown name.
 */
export function presetConfig(name: PresetName): GitConfig {
  if (!presetNames.includes(name)) {
    const nearest = nearestName(name, presetNames);
    throw new GlimpseError(
      {
        subject: `preset "${name}"`,
        problem: "there is no such preset",
        advice: nearest && `Did you mean "${nearest}"?`,
      },
      { code: "invalid-argument" },
    );
  }
  const large = name.startsWith("git-large");
  const encoder = large
    ? { patchSize: 14, hiddenSize: 1024, intermediateSize: 4096, numHiddenLayers: 24, numAttentionHeads: 16 }
    : {};
  return GitConfig.create({
    visionConfig: {
      ...encoder,
      imageSize: name.endsWith("vqav2") || name.endsWith("textvqa") ? (large ? 420 : 480) : 224,
    },
    numImageWithEmbedding: name.endsWith("vatex") || name.endsWith("msrvtt-qa") ? 6 : null,
  });
}
