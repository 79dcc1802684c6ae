// The decoder that only guesses. In a file of its own, for bundles that never do.
import type { Graph } from "@glimpsejs/graph";
import { withoutImage } from "./text-decoder.ts";

/**
 * What is needed of a decoderGraph() to guess tokens: text rows only, and choices but no logits. Inputs are the decoder's
 * without `imageFeatures`.
 */
export function draftGraph(decoder: Graph): Graph {
  const { logits: _, logSumExp: __, ...outputs } = decoder.outputs;
  return withoutImage({ ...decoder, outputs }, "draft");
}
