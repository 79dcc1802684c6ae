// The image encoder of GIT: a CLIP vision transformer (Radford et al. 2021, section 2.4; GIT paper section 3.1).
// Reference: transformers 5.18, models/git/modeling_git.py, GitVisionTransformer and below.
// B pictures (batch · frames), P patches + 1 class token, D wide.
import type { GitConfig, GitVisionConfig } from "@glimpsejs/config";
import { addDims, type Builder, buildGraph, type Dim, type Graph, mulDims, type Value } from "@glimpsejs/graph";
import { layerNorm, linear, pair } from "./blocks.ts";

/** Where the image encoder's weights live in a checkpoint of the whole model. */
export const visionPrefix = "git.image_encoder.vision_model";

/** What a vision graph returns besides its last hidden state. */
export interface VisionGraphOptions {
  /** Adds the outputs `hiddenStates.0` … `hiddenStates.L` and `attentions.0` … `attentions.L-1`. */
  readonly internals?: boolean;
}

/**
 * Pictures or clips to features. Inputs: `pixelValues` float32 [batch, frames, C, p·gridRows, p·gridColumns],
 * normalized, a still being a clip of one frame; `positions` float32 [1 + gridRows·gridColumns, D], the position
 * table, interpolated where the grid is not the trained one; `temporal` float32 [frames, 1, D], the embedding of each
 * frame (zeros for a still, which has none). Outputs: `lastHiddenState` [batch·frames, P + 1, D] without and
 * `features` [batch, frames·(P + 1), D] with the temporal embedding; with `internals` also hidden states, and
 * attentions [batch·frames, heads, P + 1, P + 1].
 */
export function visionGraph(config: GitConfig, options: VisionGraphOptions = {}): Graph {
  const vision = config.visionConfig;
  const { patchSize, numChannels, hiddenSize: d } = vision;
  const tokens = addDims(1, "gridRows*gridColumns");
  return buildGraph(options.internals ? "vision.internals" : "vision", (root) => {
    const size = [numChannels, mulDims(patchSize, "gridRows"), mulDims(patchSize, "gridColumns")];
    const frames = root.input("pixelValues", "float32", ["batch", "frames", ...size]);
    const positions = root.input("positions", "float32", [tokens, d]);
    const temporal = root.input("temporal", "float32", ["frames", 1, d]);
    const b = root.at(visionPrefix);

    const pixels = b.op("reshape", { x: frames }, { shape: ["batch*frames", ...size] });
    let x = embeddings(b.at("embeddings"), pixels, positions, vision); // [B, P+1, D]
    x = layerNorm(b.at("pre_layrnorm"), x, vision.layerNormEps); // the checkpoints' own spelling
    if (options.internals) root.output("hiddenStates.0", x);
    for (let i = 0; i < vision.numHiddenLayers; i++) {
      const layer = encoderLayer(b.at("encoder.layers").at(i), x, vision);
      x = layer.x;
      if (options.internals) {
        root.output(`hiddenStates.${i + 1}`, x);
        root.output(`attentions.${i}`, layer.probabilities);
      }
    }
    x = layerNorm(b.at("post_layernorm"), x, vision.layerNormEps);
    root.output("lastHiddenState", x);
    root.output("features", withTemporal(root.at("git.img_temporal_embedding"), x, temporal, tokens));
  });
}

/** Adds each frame's temporal embedding and lays the frames of a clip end to end. → [batch, frames·(P+1), D] */
function withTemporal(b: Builder, x: Value, temporal: Value, tokens: Dim): Value {
  const d = x.shape.at(-1) ?? 0;
  const perFrame = b.op("reshape", { x }, { shape: ["batch", "frames", tokens, d] });
  const sum = b.op("add", { a: perFrame, b: temporal }, {});
  return b.op("reshape", { x: sum }, { shape: ["batch", mulDims("frames", tokens), d] });
}

/** Patches, the class token in front, positions added. → [B, P+1, D] */
function embeddings(b: Builder, pixels: Value, positions: Value, config: GitVisionConfig): Value {
  const { hiddenSize: d, numChannels, patchSize } = config;
  const weight = b.at("patch_embedding").weight("weight", [d, numChannels, patchSize, patchSize]);
  const patches = b.op("patchEmbedding", { pixels, weight }, {}); // [B, P, D]
  const classRow = b.op("reshape", { x: b.weight("class_embedding", [d]) }, { shape: [1, 1, d] });
  const classToken = b.op("expand", { x: classRow }, { shape: ["batch*frames", 1, d] });
  const tokens = b.op("concat", { parts: [classToken, patches] }, { axis: 1 });
  return b.op("add", { a: tokens, b: positions }, {});
}

/** Pre-norm transformer layer: x + attention(norm(x)), then x + mlp(norm(x)). */
function encoderLayer(b: Builder, x: Value, config: GitVisionConfig): { x: Value; probabilities: Value } {
  const normed = layerNorm(b.at("layer_norm1"), x, config.layerNormEps);
  const attended = selfAttention(b.at("self_attn"), normed, config);
  const middle = b.op("add", { a: x, b: attended.x }, {});
  const mlp = b.at("mlp");
  const hidden = linear(
    mlp.at("fc1"),
    layerNorm(b.at("layer_norm2"), middle, config.layerNormEps),
    config.intermediateSize,
  );
  const active = mlp.op("activation", { x: hidden }, { function: config.hiddenAct });
  const out = b.op("add", { a: middle, b: linear(mlp.at("fc2"), active, config.hiddenSize) }, {});
  return { x: out, probabilities: attended.probabilities };
}

/** Multi-head self-attention over the tokens of one picture. [B, P+1, D] → the same. */
function selfAttention(b: Builder, x: Value, config: GitVisionConfig): { x: Value; probabilities: Value } {
  const { numAttentionHeads: heads, hiddenSize: d } = config;
  const query = linear(b.at("q_proj"), x, d);
  const key = b.op("splitHeads", { x: linear(b.at("k_proj"), x, d) }, { heads });
  const value = b.op("splitHeads", { x: linear(b.at("v_proj"), x, d) }, { heads });
  const [context, probabilities] = pair(b.ops("attention", { query, keys: [key], values: [value] }, { heads }));
  return { x: linear(b.at("out_proj"), context, d), probabilities };
}
