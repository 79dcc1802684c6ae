// The small parts that the model files share: the two basic layers, with the names their weights have in checkpoints.
import type { GitConfig } from "@glimpsejs/config";
import type { Builder, Value } from "@glimpsejs/graph";

/** `nn.Linear`: x [..., K] → [..., width], from "weight" [width, K] and "bias" [width] below `b`. */
export function linear(b: Builder, x: Value, width: number): Value {
  const weight = b.weight("weight", [width, x.shape.at(-1) ?? 0]);
  return b.op("linear", { x, weight, bias: b.weight("bias", [width]) }, {});
}

/** `nn.LayerNorm` over the last axis, from "weight" and "bias" below `b`. */
export function layerNorm(b: Builder, x: Value, epsilon: number): Value {
  const width = [x.shape.at(-1) ?? 0];
  return b.op("layerNorm", { x, weight: b.weight("weight", width), bias: b.weight("bias", width) }, { epsilon });
}

/** The two outputs of a node that has two, as a tuple. */
export function pair(values: readonly Value[]): readonly [Value, Value] {
  const [first, second] = values;
  if (first === undefined || second === undefined || values.length > 2) {
    throw new TypeError(`pair: the number of values is wrong, expected 2, got ${values.length}.`);
  }
  return [first, second];
}

/** Numbers of the attention heads that a layer of the text decoder still has: all but the configuration's `pruned_heads`. */
export function remainingHeads(config: GitConfig, layer: number): readonly number[] {
  const pruned = new Set(config.prunedHeads[layer]);
  return Array.from({ length: config.numAttentionHeads }, (_, head) => head).filter((head) => !pruned.has(head));
}
