// The text decoder of GIT: a BERT-shaped transformer over [image; text] rows, post-norm (GIT paper section 3.1,
// figure 2). Image tokens attend to image tokens only, text tokens to the image and to the text before them. So the
// image's keys and values depend on nothing but the image: they are the trunk, computed once, on which any number of
// texts grow as a tree. One graph serves prefill (image and text rows), a lone image, and decoding (text rows only).
// Reference: transformers 5.18, models/git/modeling_git.py, GitModel and GitForCausalLM; 4.57 for relative positions.
// B pictures, I image rows, T text rows, D wide, H heads of size d.
import type { GitConfig } from "@glimpsejs/config";
import { type Builder, buildGraph, type Graph, type Value } from "@glimpsejs/graph";
import { layerNorm, linear, pair } from "./blocks.ts";
import { choices } from "./choices.ts";
import { type DecoderContext, type SelfAttention, treeAttention } from "./tree-attention.ts";

/**
 * Features and texts to logits, for generation. Inputs besides those of `treeAttention()`: `imageFeatures`
 * float32 [batch, image, Dv] (image may be 0), `inputIds` and `positionIds` int32 [batch, text], `wanted` int32
 * [wanted], which picks rows of the batch·text text rows. Outputs besides the cache's: `logits` [wanted, V], and what
 * `choices()` makes of them, with inputs of its own. Image rows need
 * only keys and values of the last layer; the rest of it is left out for them.
 */
export function decoderGraph(config: GitConfig): Graph {
  return buildGraph("decoder", (root) => {
    const context: DecoderContext = { root, config, text: "text", all: false };
    const image = projection(root, config);
    const ids = root.input("inputIds", "int32", ["batch", "text"]);
    const text = textEmbeddings(context, wordEmbeddings(context, ids));
    const wanted = root.input("wanted", "int32", ["wanted"]);
    const x = encoder(context, image, text);
    const logits = head(context, root.at("output").op("gatherRows", { x, rows: wanted }, {}));
    root.output("logits", logits);
    choices(root, logits);
  });
}

/** Image features to the decoder's width: linear, then LayerNorm with the vision epsilon. → [B, I, D] */
export function projection(root: Builder, config: GitConfig): Value {
  const features = root.input("imageFeatures", "float32", ["batch", "image", config.visionConfig.hiddenSize]);
  const b = root.at("git.visual_projection.visual_projection");
  return layerNorm(b.at(1), linear(b.at(0), features, config.hiddenSize), config.visionConfig.layerNormEps);
}

/** ids [B, T] → [B, T, D] */
export function wordEmbeddings({ root, config }: DecoderContext, ids: Value): Value {
  const b = root.at("git.embeddings.word_embeddings");
  return b.op("embedding", { table: b.weight("weight", [config.vocabSize, config.hiddenSize]), ids }, {});
}

/**
 * LayerNorm(word + position) → [B, T, D]. Positions count text only; an image token has none. With relative positions
 * nothing is added here, though checkpoints store the table all the same.
 */
export function textEmbeddings({ root, config, text }: DecoderContext, words: Value): Value {
  const b = root.at("git.embeddings");
  const ids = root.input("positionIds", "int32", ["batch", text]);
  if (config.positionEmbeddingType !== "absolute") return layerNorm(b.at("LayerNorm"), words, config.layerNormEps);
  const table = b.at("position_embeddings").weight("weight", [config.maxPositionEmbeddings, config.hiddenSize]);
  const positions = b.op("embedding", { table, ids }, {});
  return layerNorm(b.at("LayerNorm"), b.op("add", { a: words, b: positions }, {}), config.layerNormEps);
}

/** All layers over [image; text] rows → [B, I+T, D], or [B, T, D] where only text rows are wanted. */
export function encoder(context: DecoderContext, image: Value, text: Value): Value {
  const { root, config, all } = context;
  const b = root.at("git.encoder.layer");
  const selfAttention = treeAttention(context);
  let x = b.op("concat", { parts: [image, text] }, { axis: 1 });
  if (all) root.output("hiddenStates.0", x);
  for (let i = 0; i < config.numHiddenLayers; i++) {
    const textOnly = !all && i === config.numHiddenLayers - 1;
    x = layer(b.at(i), x, context, selfAttention, i, textOnly);
    if (all) root.output(`hiddenStates.${i + 1}`, x);
  }
  return x;
}

/** Post-norm layer: y = LayerNorm(x + attention(x)), then LayerNorm(y + mlp(y)). */
function layer(
  b: Builder,
  x: Value,
  context: DecoderContext,
  selfAttention: SelfAttention,
  index: number,
  textOnly: boolean,
): Value {
  const { hiddenSize, intermediateSize, hiddenAct, layerNormEps } = context.config;
  const sizes = ["image", context.text];
  const rows = textOnly ? pair(b.ops("split", { x }, { axis: 1, sizes }))[1] : x;
  const attended = linear(
    b.at("attention.output.dense"),
    selfAttention(b.at("attention.self"), index, x, textOnly),
    hiddenSize,
  );
  const y = layerNorm(b.at("attention.output.LayerNorm"), b.op("add", { a: attended, b: rows }, {}), layerNormEps);
  const hidden = linear(b.at("intermediate.dense"), y, intermediateSize);
  const active = b.op("activation", { x: hidden }, { function: hiddenAct });
  const out = linear(b.at("output.dense"), active, hiddenSize);
  return layerNorm(b.at("output.LayerNorm"), b.op("add", { a: out, b: y }, {}), layerNormEps);
}

/** Hidden states to vocabulary scores; the weight is the word table where the checkpoint ties them. [..., D] → [..., V] */
export function head({ root, config }: DecoderContext, x: Value): Value {
  const tied = config.tieWordEmbeddings ? root.at("git.embeddings.word_embeddings") : root.at("output");
  const weight = tied.weight("weight", [config.vocabSize, config.hiddenSize]);
  return root.at("output").op("linear", { x, weight, bias: root.at("output").weight("bias", [config.vocabSize]) }, {});
}
