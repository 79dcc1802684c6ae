// The text decoder as the reference's forward() computes it: every row to the end, with all that may be asked for.
// In a file of its own, for bundles that only generate.
import type { GitConfig } from "@glimpsejs/config";
import { buildGraph, type Graph } from "@glimpsejs/graph";
import { encoder, head, projection, textEmbeddings, wordEmbeddings } from "./decoder.ts";
import type { DecoderContext } from "./tree-attention.ts";

/**
 * The text decoder with every row computed as the reference computes it, for `forward()`. Inputs as in decoderGraph()
 * without `wanted`, text being ids + embeds: `inputIds` [batch, ids], then `inputsEmbeds` float32
 * [batch, embeds, D]; one of the two is usually empty. Also `headMask.N` float32 [H] for each layer. Outputs besides
 * the cache's: `lastHiddenState` [batch, image + text, D], `logits` [batch, image + text, V] (unless `head` is false),
 * `hiddenStates.0` … `hiddenStates.L`, `attentions.N.image` [batch, H, image, image] and `attentions.N.text`
 * [batch, H, text, trunk + image + past + text].
 */
export function forwardGraph(config: GitConfig, options: { readonly head: boolean }): Graph {
  return buildGraph("forward", (root) => {
    const context: DecoderContext = { root, config, text: "embeds + ids", all: true };
    const image = projection(root, config);
    const ids = root.input("inputIds", "int32", ["batch", "ids"]);
    const embeds = root.input("inputsEmbeds", "float32", ["batch", "embeds", config.hiddenSize]);
    const words = root.op("concat", { parts: [wordEmbeddings(context, ids), embeds] }, { axis: 1 });
    const x = encoder(context, image, textEmbeddings(context, words));
    root.output("lastHiddenState", x);
    if (options.head) root.output("logits", head(context, x));
  });
}
