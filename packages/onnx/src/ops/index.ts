// The table of lowerings: one op of the IR, one file, from a node to the ONNX values that hold its outputs.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";
import { activation } from "./activation.ts";
import { add } from "./add.ts";
import { argMax } from "./arg-max.ts";
import { attention } from "./attention.ts";
import { concat } from "./concat.ts";
import { embedding } from "./embedding.ts";
import { expand } from "./expand.ts";
import { gatherRows } from "./gather-rows.ts";
import { layerNorm } from "./layer-norm.ts";
import { linear } from "./linear.ts";
import { logSumExp } from "./log-sum-exp.ts";
import { maskTokens } from "./mask-tokens.ts";
import { patchEmbedding } from "./patch-embedding.ts";
import { quantizedLinear } from "./quantized-linear.ts";
import { reshape } from "./reshape.ts";
import { split } from "./split.ts";
import { splitHeads } from "./split-heads.ts";
import { topK } from "./top-k.ts";

/** Emits one node and returns its outputs; an output that nothing reads may be missing at the end. */
export function lowerNode(node: Node, e: Emitter): readonly string[] {
  switch (node.op) {
    case "activation":
      return activation(node, e);
    case "add":
      return add(node, e);
    case "argMax":
      return argMax(node, e);
    case "attention":
      return attention(node, e);
    case "concat":
      return concat(node, e);
    case "embedding":
      return embedding(node, e);
    case "expand":
      return expand(node, e);
    case "gatherRows":
      return gatherRows(node, e);
    case "layerNorm":
      return layerNorm(node, e);
    case "linear":
      return linear(node, e);
    case "logSumExp":
      return logSumExp(node, e);
    case "maskTokens":
      return maskTokens(node, e);
    case "patchEmbedding":
      return patchEmbedding(node, e);
    case "quantizedLinear":
      return quantizedLinear(node, e);
    case "reshape":
      return reshape(node, e);
    case "split":
      return split(node, e);
    case "splitHeads":
      return splitHeads(node, e);
    case "topK":
      return topK(node, e);
    default:
      return node satisfies never;
  }
}
