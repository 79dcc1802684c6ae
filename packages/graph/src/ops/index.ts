// The table of legal ops. A new op is a file beside this one, a line here, and a kernel in each backend.
import type { TensorType, ValueName } from "../graph.ts";
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
import type { OpDefinition } from "./op.ts";
import { patchEmbedding } from "./patch-embedding.ts";
import { quantizedLinear } from "./quantized-linear.ts";
import { reshape } from "./reshape.ts";
import { split } from "./split.ts";
import { splitHeads } from "./split-heads.ts";
import { topK } from "./top-k.ts";

/** Every op by name. */
export const ops = {
  activation,
  add,
  argMax,
  attention,
  concat,
  embedding,
  expand,
  gatherRows,
  layerNorm,
  linear,
  logSumExp,
  maskTokens,
  patchEmbedding,
  quantizedLinear,
  reshape,
  split,
  splitHeads,
  topK,
} as const;

/** The table of ops as a type. */
export type Ops = typeof ops;

/** The name of an op. */
export type OpName = keyof Ops;

/** Input values of an op by input name; types stand in the place of values in the op's definition. */
export type Inputs<O extends OpName> =
  Ops[O] extends OpDefinition<infer I, infer _> ? { readonly [K in keyof I]: ValuesFor<I[K]> } : never;

/** Attributes of an op. */
export type Attributes<O extends OpName> = Ops[O] extends OpDefinition<infer _, infer A> ? A : never;

type ValuesFor<T> = T extends TensorType ? ValueName : T extends readonly TensorType[] ? readonly ValueName[] : T;
