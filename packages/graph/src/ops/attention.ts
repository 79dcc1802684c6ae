// attention: softmax(q·kᵀ/√d + bias)·v over keys that come in segments. Segments are what makes one picture serve a
// tree of texts: the keys and values of the image are a segment of their own, shared by all queries and never copied;
// the keys of the text are the last segment, and only there a mask says which slots are a query's ancestors.
import { addDims, type Dim } from "../dim.ts";
import type { TensorType } from "../graph.ts";
import { dims, type OpDefinition, sameDim } from "./op.ts";

/** The relative position terms of BERT: none, Shaw's on keys ("relative_key"), or on keys and queries. */
export type RelativePositions = "key" | "key_query";

/**
 * query float32 [B, S, H·d], H being the attribute heads; keys, values: lists of float32 [B, H, Tᵢ, d], joined to T = ΣTᵢ.
 * mask? float32 [B, S, T_last]: added to the scores of the last segment (0 or a large negative number, not −∞).
 * headMask? float32 [H]: multiplies the probabilities of each head.
 * distances? float32 [2M−1, d] with queryPositions int32 [B, S] and keyPositions int32 [B, T]: adds to the scores,
 *   before scaling, q·distances[qᵢ−kⱼ+M−1], and where `relative` is "key_query" also k·distances[qᵢ−kⱼ+M−1].
 * → context float32 [B, S, H·d], probabilities float32 [B, H, S, T] (after softmax, with headMask applied).
 * S, any Tᵢ, or all of them may be 0; with no keys at all the context is 0.
 * Source: modeling_git.py GitSelfAttention.forward (transformers 4.57 for relative positions and headMask).
 */
export const attention: OpDefinition<
  {
    readonly query: TensorType;
    readonly keys: readonly TensorType[];
    readonly values: readonly TensorType[];
    readonly mask?: TensorType | undefined;
    readonly headMask?: TensorType | undefined;
    readonly distances?: TensorType | undefined;
    readonly queryPositions?: TensorType | undefined;
    readonly keyPositions?: TensorType | undefined;
  },
  { readonly heads: number; readonly relative?: RelativePositions | undefined }
> = {
  infer({ query, keys, values, mask, headMask, distances, queryPositions, keyPositions }, { heads, relative }, fail) {
    const [b, s, width] = dims("query", query, "float32", 3, fail);
    const d = Number(width) / heads;
    if (!Number.isInteger(d))
      fail({
        problem: "the width is not a multiple of the heads",
        expected: `a multiple of ${heads}`,
        got: `${width}`,
      });
    if (keys.length === 0 || keys.length !== values.length) {
      fail({
        problem: "keys and values are not pairs",
        expected: "one value segment per key segment",
        got: `${keys.length} and ${values.length}`,
      });
    }
    let total: Dim = 0;
    for (const [i, key] of keys.entries()) {
      const value = values[i] ?? key;
      const [kb, kh, t, kd] = dims(`key segment ${i}`, key, "float32", 4, fail);
      sameDim(`batch of query and key segment ${i}`, kb, b, fail);
      sameDim(`heads of query and key segment ${i}`, kh, heads, fail);
      sameDim(`head size of query and key segment ${i}`, kd, d, fail);
      sameDim(
        `shapes of key and value segment ${i}`,
        dims(`value segment ${i}`, value, "float32", 4, fail).join(),
        key.shape.join(),
        fail,
      );
      total = addDims(total, t ?? 0);
    }
    if (mask !== undefined) {
      const last = keys.at(-1)?.shape[2];
      sameDim(
        "mask and scores of the last segment",
        dims("mask", mask, "float32", 3, fail).join(),
        [b, s, last].join(),
        fail,
      );
    }
    if (headMask !== undefined)
      sameDim("head mask and heads", dims("headMask", headMask, "float32", 1, fail)[0], heads, fail);
    if (
      (relative === undefined) !== (distances === undefined) ||
      (distances === undefined) !== (keyPositions === undefined) ||
      (distances === undefined) !== (queryPositions === undefined)
    ) {
      fail({
        problem: "relative positions are incomplete",
        expected: "the attribute, distances, queryPositions and keyPositions together",
      });
    }
    if (distances !== undefined && queryPositions !== undefined && keyPositions !== undefined) {
      sameDim("head size and distances", dims("distances", distances, "float32", 2, fail)[1], d, fail);
      sameDim("query positions", dims("queryPositions", queryPositions, "int32", 2, fail).join(), [b, s].join(), fail);
      sameDim("key positions", dims("keyPositions", keyPositions, "int32", 2, fail).join(), [b, total].join(), fail);
    }
    return [query, { dtype: "float32", shape: [b ?? 0, heads, s ?? 0, total] }];
  },
};
