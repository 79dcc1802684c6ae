// A fresh model without a checkpoint: the initialization that the reference gives a new GitForCausalLM.
// Reference: PreTrainedModel._init_weights and GitPreTrainedModel._init_weights in transformers 5.18: matrices and
// embeddings normal with standard deviation initializer_range (the vision and text parts have their own), biases and
// temporal embeddings 0, LayerNorm weights 1, the row of the padding token 0.
// The generator is ours (random.ts), so the numbers differ from PyTorch's for the same seed.
import type { GitConfig } from "@glimpsejs/config";
import { elementCount, float32, type WeightSource } from "@glimpsejs/graph";
import { expectedWeights, type ModelPart, wordEmbeddings } from "@glimpsejs/model";
import { randomGenerator } from "./random.ts";
import { inMemory } from "./weights.ts";

/**
 * Weights of `part` for a new model. Each weight depends on `seed` and its own name only: values come from
 * Mulberry32, seeded with `seed` xor FNV-1a of the name, by the Box-Muller transform, and are cut at two standard
 * deviations (a value outside is drawn again). Made one at a time, when they are read.
 */
export function randomWeights(config: GitConfig, part: ModelPart, seed: number): WeightSource {
  const shapes = expectedWeights(config, part);
  return {
    names: [...shapes.keys()],
    get(name) {
      const shape = shapes.get(name);
      if (shape === undefined) return undefined;
      const byteLength = 4 * elementCount(shape);
      return {
        dtype: "float32",
        shape,
        byteLength,
        bytes: () => inMemory(float32(initialValues(name, shape, config, seed), shape)).bytes(),
      };
    },
  };
}

function initialValues(name: string, shape: readonly number[], config: GitConfig, seed: number): Float32Array {
  const values = new Float32Array(elementCount(shape));
  if (/norm\d?\.weight$|layrnorm\.weight$|visual_projection\.1\.weight$/i.test(name)) return values.fill(1);
  if (name.endsWith(".bias") || name.includes("img_temporal_embedding")) return values;
  const scale = name.includes("image_encoder") ? config.visionConfig.initializerRange : config.initializerRange;
  const normal = normalGenerator(seed ^ fnv1a(name));
  for (let i = 0; i < values.length; i++) values[i] = scale * normal();
  if (name === wordEmbeddings && config.padTokenId !== null) {
    values.fill(0, config.padTokenId * config.hiddenSize, (config.padTokenId + 1) * config.hiddenSize);
  }
  return values;
}

/** Standard normal values within ±2. */
function normalGenerator(seed: number): () => number {
  const uniform = randomGenerator(seed);
  return () => {
    for (;;) {
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const value = radius * Math.cos(2 * Math.PI * uniform());
      if (Math.abs(value) <= 2) return value;
    }
  };
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
