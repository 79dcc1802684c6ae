// Which weights a GIT checkpoint has, by name and shape, and how the names of stored tensors are read.
// The names are those of GitForCausalLM's state dict in transformers.
import type { GitConfig } from "@glimpsejs/config";
import type { Graph } from "@glimpsejs/graph";
import { decoderGraph } from "./decoder.ts";
import { visionGraph, visionPrefix } from "./vision.ts";

/** The part of the model that a class needs: everything, all but the head, or the image encoder. */
export type ModelPart = "causalLM" | "model" | "vision";

/** The word embedding table, [V, D]; also the head's weight where the checkpoint ties them. */
export const wordEmbeddings = "git.embeddings.word_embeddings.weight";

/** Where the weights of one layer of the text decoder live. */
export function layerPrefix(layer: number): string {
  return `git.encoder.layer.${layer}`;
}

/** The vision position table, [1 + n², Dv]. The host reads it, because it may have to be interpolated. */
export const positionTable = `${visionPrefix}.embeddings.position_embedding.weight`;

/** The temporal embedding of one frame of a clip, [1, 1, Dv]. The host reads it. */
export function temporalEmbedding(frame: number): string {
  return `git.img_temporal_embedding.${frame}`;
}

/** Every weight of one part of the model with its shape. A tied head has none of its own. */
export function expectedWeights(config: GitConfig, part: ModelPart): ReadonlyMap<string, readonly number[]> {
  const { hiddenSize, imageSize, patchSize } = config.visionConfig;
  const weights = new Map(shapes(visionGraph(config)));
  weights.set(positionTable, [1 + Math.floor(imageSize / patchSize) ** 2, hiddenSize]);
  if (part === "vision") return weights;
  for (const [name, shape] of shapes(decoderGraph(config))) {
    // A model without a head has all but what is below "output".
    if (part === "causalLM" || !name.startsWith("output.")) weights.set(name, shape);
  }
  weights.set("git.embeddings.position_embeddings.weight", [config.maxPositionEmbeddings, config.hiddenSize]);
  for (let i = 0; i < (config.numImageWithEmbedding ?? 0); i++) weights.set(temporalEmbedding(i), [1, 1, hiddenSize]);
  return weights;
}

/**
 * The name that a stored tensor has in the state dict of the whole model, or undefined for buffers that are no
 * weights (`position_ids` of older files). Reads the files of GitForCausalLM, GitModel and GitVisionModel, and both
 * spellings of the temporal embeddings (the Hub's video checkpoints say `img_temperal_embedding`).
 */
export function canonicalName(stored: string): string | undefined {
  if (/(^|\.)position_ids$/.test(stored)) return undefined;
  const name = stored.replace("img_temperal_embedding", "img_temporal_embedding");
  if (name.startsWith("vision_model.")) return `git.image_encoder.${name}`;
  return /^(embeddings|encoder|image_encoder|visual_projection|img_temporal_embedding)\./.test(name)
    ? `git.${name}`
    : name;
}

function shapes(graph: Graph): [string, readonly number[]][] {
  return Object.entries(graph.weights).map(([name, type]) => [name, type.shape.map(Number)]);
}
