// Self-attention of the decoder on one trunk and a tree of texts (GIT paper figure 2's mask, taken apart).
// A text row sees three segments of keys: the trunk computed earlier, the image rows of this run, and text slots.
// The first two need no mask. Text slots are append-only; the mask says which of them are a row's ancestors. An image
// row sees the image rows of this run. In any one run either the trunk or the image rows are empty.
import type { GitConfig } from "@glimpsejs/config";
import type { Builder, Dim, RelativePositions, Value } from "@glimpsejs/graph";
import { linear, pair, remainingHeads } from "./blocks.ts";

/** What the parts of a decoder graph share while it is built. */
export interface DecoderContext {
  readonly root: Builder;
  readonly config: GitConfig;
  /** Number of text rows of one run. */
  readonly text: Dim;
  /** Whether every row is computed to the end, with hidden states and attentions as outputs. */
  readonly all: boolean;
}

/** Self-attention of layer `index` on its input x [B, I+T, D]; with `textOnly` the result has only the T text rows. */
export type SelfAttention = (b: Builder, index: number, x: Value, textOnly: boolean) => Value;

/**
 * Declares the inputs that all layers share and returns the attention of one layer. Shared inputs:
 * `mask` float32 [batch, text, past + text], 0 where a text row may look and a large negative number elsewhere; with
 * relative positions `imagePositions` int32 [batch, image], `textPositions` int32 [batch, text] and `keyPositions`
 * int32 [batch, trunk + image + past + text], which count image and text tokens together.
 * Inputs of each layer N: `trunk.N.key|value` [batch, H, trunk, d], `past.N.key|value` [batch, H, past, d], and in
 * graphs of all rows `headMask.N` [H]. Outputs of each layer: `image.N.key|value` and `present.N.key|value`.
 */
export function treeAttention({ root, config, text, all }: DecoderContext): SelfAttention {
  const headSize = config.hiddenSize / config.numAttentionHeads;
  const mask = root.input("mask", "float32", ["batch", text, `past + ${text}`]);
  const relative = relativePositions(root, config, text);

  /** Keys or values of one layer: new ones into image and text, the cached ones in, all of them out. */
  function cached(index: number, kind: "key" | "value", b: Builder, x: Value) {
    const heads = remainingHeads(config, index).length;
    const split = b.op("splitHeads", { x: linear(b.at(kind), x, heads * headSize) }, { heads });
    const [image, fresh] = pair(b.ops("split", { x: split }, { axis: 2, sizes: ["image", text] })); // [B, H, ·, d]
    const trunk = root.input(`trunk.${index}.${kind}`, "float32", ["batch", heads, "trunk", headSize]);
    const past = root.input(`past.${index}.${kind}`, "float32", ["batch", heads, "past", headSize]);
    const present = b.op("concat", { parts: [past, fresh] }, { axis: 2 });
    root.output(`image.${index}.${kind}`, image);
    root.output(`present.${index}.${kind}`, present);
    root.carry(`past.${index}.${kind}`, `present.${index}.${kind}`);
    return { trunk, image, present };
  }

  return (b, index, x, textOnly) => {
    const key = cached(index, "key", b, x);
    const value = cached(index, "value", b, x);
    const heads = remainingHeads(config, index).length;
    const width = heads * headSize;
    const headMask = all ? root.input(`headMask.${index}`, "float32", [heads]) : undefined;
    const distances =
      relative && b.at("distance_embedding").weight("weight", [2 * config.maxPositionEmbeddings - 1, headSize]);
    const attributes = { heads, relative: relative?.kind };

    const attendText = (query: Value) =>
      pair(
        b.ops(
          "attention",
          {
            query,
            keys: [key.trunk, key.image, key.present],
            values: [value.trunk, value.image, value.present],
            mask,
            headMask,
            distances,
            queryPositions: relative?.textPositions,
            keyPositions: relative?.keyPositions,
          },
          attributes,
        ),
      );
    if (textOnly) {
      const [, textRows] = pair(b.ops("split", { x }, { axis: 1, sizes: ["image", text] }));
      return attendText(linear(b.at("query"), textRows, width))[0];
    }

    const query = linear(b.at("query"), x, width);
    const [imageQuery, textQuery] = pair(b.ops("split", { x: query }, { axis: 1, sizes: ["image", text] }));
    const [imageContext, imageProbabilities] = pair(
      b.ops(
        "attention",
        {
          query: imageQuery,
          keys: [key.image],
          values: [value.image],
          headMask,
          distances,
          queryPositions: relative?.imagePositions,
          keyPositions: relative?.imagePositions,
        },
        attributes,
      ),
    );
    const [textContext, textProbabilities] = attendText(textQuery);
    if (all) {
      root.output(`attentions.${index}.image`, imageProbabilities);
      root.output(`attentions.${index}.text`, textProbabilities);
    }
    return b.op("concat", { parts: [imageContext, textContext] }, { axis: 1 });
  };
}

interface Relative {
  readonly kind: RelativePositions;
  readonly imagePositions: Value;
  readonly textPositions: Value;
  readonly keyPositions: Value;
}

/** The position inputs of `relative_key` and `relative_key_query`; undefined for absolute positions, which need none. */
function relativePositions(root: Builder, config: GitConfig, text: Dim): Relative | undefined {
  if (config.positionEmbeddingType === "absolute") return undefined;
  return {
    kind: config.positionEmbeddingType === "relative_key" ? "key" : "key_query",
    imagePositions: root.input("imagePositions", "int32", ["batch", "image"]),
    textPositions: root.input("textPositions", "int32", ["batch", text]),
    keyPositions: root.input("keyPositions", "int32", ["batch", `trunk + image + past + ${text}`]),
  };
}
