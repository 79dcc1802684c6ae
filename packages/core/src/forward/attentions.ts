// Attention probabilities as the reference returns them: one square per layer over [image; text], put together from
// the two kinds of rows that the graph computes.
import { float32, type HostTensor } from "@glimpsejs/graph";
import type { TreeNode } from "../tree-layout.ts";

/** What the two parts of one layer cover. */
export interface AttentionLayout {
  /** New image rows: I in a fresh call, 0 in a continued one. */
  readonly imageRows: number;
  /** Image keys that text rows see. */
  readonly imageKeys: number;
  /** All text tokens of each row of the batch in order, the new ones last. */
  readonly paths: readonly (readonly TreeNode[])[];
  /** How many of them are new. */
  readonly newTokens: number;
}

/**
 * image float32 [B, H, I, I] and text [B, H, T, I + slots] → [B, H, I + T, I + past + T]; 0 where nothing attends.
 * Slots of other branches of the tree are left out.
 */
export function joinAttentions(
  image: HostTensor<"float32">,
  text: HostTensor<"float32">,
  layout: AttentionLayout,
): HostTensor<"float32"> {
  const [batch = 0, heads = 0, textRows = 0, textKeys = 0] = text.shape;
  const { imageRows, imageKeys, paths, newTokens } = layout;
  const rows = imageRows + newTokens;
  const keys = imageKeys + (paths[0]?.length ?? 0);
  const result = new Float32Array(batch * heads * rows * keys);
  for (let plane = 0; plane < batch * heads; plane++) {
    for (let i = 0; i < imageRows; i++) {
      const from = (plane * imageRows + i) * imageRows;
      result.set(image.data.subarray(from, from + imageRows), (plane * rows + i) * keys);
    }
    const path = paths[Math.floor(plane / heads)] ?? [];
    for (let t = 0; t < newTokens; t++) {
      const from = (plane * textRows + t) * textKeys;
      const to = (plane * rows + imageRows + t) * keys;
      result.set(text.data.subarray(from, from + imageKeys), to);
      for (const [i, { slot }] of path.entries()) result[to + imageKeys + i] = text.data[from + imageKeys + slot] ?? 0;
    }
  }
  return float32(result, [batch, heads, rows, keys]);
}
