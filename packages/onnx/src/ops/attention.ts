// attention → one MultiHeadAttention where that op can do it, else products, softmax and products again, segment by
// segment. Keys and values are only read: joining the segments first would copy the whole trunk at every token.
// Never emit MultiHeadAttention's past_sequence_length: it corrupts memory in ONNX Runtime 1.30. On WebGPU it is never
// emitted at all: in 1.30 its kernel (flash_attention.wgsl.template) steps over the keys by the size of a subgroup, but
// takes eight at a time, so that with subgroups of four, which WebGPU allows, some keys count twice.
import type { Node, ValueName } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";
import { headsApart, headsFirst, headsLast } from "./heads.ts";

/** Returns context [B, S, H·d] and, if anything reads them, probabilities [B, H, S, T]. */
export function attention(node: Node<"attention">, e: Emitter): readonly string[] {
  const { query, mask, headMask, distances } = node.inputs;
  const segments = (list: readonly ValueName[]) => list.flatMap((value) => e.partsOf(value));
  const [keys, values] = [segments(node.inputs.keys), segments(node.inputs.values)];
  const masked = e.partsOf(node.inputs.keys.at(-1) ?? "").length; // of the last parts
  const { heads } = node.attributes;
  const [, probabilitiesValue = ""] = node.outputs;
  const names = (list: readonly ValueName[]) => list.map((value) => e.nameOf(value));

  // Only what a backend specializes leaves no segment at all; a mean of no values is 0 here, as in the reference.
  if (keys.length === 0) return [e.node("Expand", [e.float32(0), e.shape(e.typeOf(node.outputs[0] ?? "").shape)])];

  const plain = e.target !== "webgpu" && mask === undefined && headMask === undefined && distances === undefined;
  if (plain && keys.length === 1 && !e.isUsed(probabilitiesValue)) {
    const inputs = names([query, ...keys, ...values]);
    return [e.node("com.microsoft.MultiHeadAttention", inputs, { num_heads: heads })];
  }

  const { shape } = e.typeOf(query);
  // Scaled here and not by the products: only a product without a factor has a fast path for one row (40 instead of
  // 90 us for 197 keys of 12 heads).
  const scale = e.float32(1 / Math.sqrt(Number(shape[2]) / heads));
  const scaled = e.node("Mul", [e.nameOf(query), scale]);
  const q = headsFirst(e, scaled, shape, heads); // [B, H, S, d]
  const scores = names(keys).map((key) => productWithTransposed(e, q, key));
  if (mask !== undefined) {
    const perHead = e.node("Unsqueeze", [e.nameOf(mask), e.ints([1])]); // [B, 1, S, T_last]
    const last = scores.splice(-masked);
    scores.push(e.node("Add", [last.length === 1 ? last.join() : e.node("Concat", last, { axis: 3 }), perHead]));
  }
  const joined = scores.length === 1 ? scores : [e.node("Concat", scores, { axis: 3 })]; // [B, H, S, T]
  const terms = [...joined, ...relativeTerms(node, e, scaled, scale)];
  const softmax = e.node("Softmax", [terms.reduce((a, b) => e.node("Add", [a, b]))], { axis: -1 });
  const probabilities =
    headMask === undefined
      ? softmax
      : e.node("Mul", [softmax, e.node("Reshape", [e.nameOf(headMask), e.ints([heads, 1, 1])])]);

  const lengths = keys.map((key) => e.typeOf(key).shape[2] ?? 0);
  const parts =
    keys.length === 1
      ? [probabilities]
      : e.nodeWithOutputs("Split", [probabilities, e.shape(lengths)], { axis: 3 }, keys.length);
  const contexts = names(values).map((value, i) => e.node("MatMul", [parts[i] ?? "", value]));
  const sum = contexts.length === 1 ? contexts.join() : sumOf(e, contexts); // [B, H, S, d]
  return [headsLast(e, sum, shape, heads), probabilities];
}

/** WebGPU has no Sum: the processor would do it, and each part would be read back. */
function sumOf(e: Emitter, parts: readonly string[]): string {
  return e.target === "webgpu" ? parts.reduce((a, b) => e.node("Add", [a, b])) : e.node("Sum", parts);
}

/** a · bᵀ for a [.., .., M, K] and b [.., .., N, K]; WebGPU has no FusedMatMul. */
function productWithTransposed(e: Emitter, a: string, b: string): string {
  if (e.target !== "webgpu") return e.node("com.microsoft.FusedMatMul", [a, b], { transB: 1 });
  return e.node("MatMul", [a, e.node("Transpose", [b], { perm: [0, 1, 3, 2] })]);
}

/** The terms of relative positions, [B, H, S, T] each, of scaled queries; none where the node has no distances. */
function relativeTerms(node: Node<"attention">, e: Emitter, scaled: string, scale: string): readonly string[] {
  const { query, keys, distances, queryPositions, keyPositions } = node.inputs;
  if (distances === undefined || queryPositions === undefined || keyPositions === undefined) return [];
  const { heads, relative } = node.attributes;
  const middle = (Number(e.typeOf(distances).shape[0]) - 1) / 2;
  const difference = e.node("Sub", [
    e.node("Unsqueeze", [e.nameOf(queryPositions), e.ints([2])]),
    e.node("Unsqueeze", [e.nameOf(keyPositions), e.ints([1])]),
  ]);
  const rows = e.node("Add", [difference, e.int32(middle)]); // [B, S, T]
  const embedded = e.node("Gather", [e.nameOf(distances), rows], { axis: 0 }); // [B, S, T, d]

  const perQuery = headsApart(e, scaled, e.typeOf(query).shape, heads); // [B, S, H, d]
  const ofQueries = productWithTransposed(e, perQuery, embedded); // [B, S, H, T]
  const terms = [e.node("Transpose", [ofQueries], { perm: [0, 2, 1, 3] })];
  if (relative === "key_query") {
    const names = keys.map((key) => e.nameOf(key));
    const all = names.length === 1 ? names.join() : e.node("Concat", names, { axis: 2 }); // [B, H, T, d]
    const perKey = e.node("Transpose", [all], { perm: [0, 2, 1, 3] }); // [B, T, H, d]
    const byKey = e.node("Transpose", [embedded], { perm: [0, 2, 1, 3] }); // [B, T, S, d]
    const ofKeys = e.node("Mul", [productWithTransposed(e, perKey, byKey), scale]); // [B, T, H, S]
    terms.push(e.node("Transpose", [ofKeys], { perm: [0, 2, 3, 1] }));
  }
  return terms;
}
