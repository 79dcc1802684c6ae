// The table of kernels: one for every op of the IR.
import type { OpName } from "@glimpsejs/graph";
import { activation } from "./activation.ts";
import { add } from "./add.ts";
import { argMax } from "./arg-max.ts";
import { attention } from "./attention.ts";
import { concat } from "./concat.ts";
import { embedding } from "./embedding.ts";
import { expand } from "./expand.ts";
import { gatherRows } from "./gather-rows.ts";
import type { Kernel } from "./kernel.ts";
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

/** Every kernel by op name. */
export const kernels: { readonly [O in OpName]: Kernel<O> } = {
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
};
