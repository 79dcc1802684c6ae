// Which weights of a model are stored as whole numbers, and how. Changes nothing: see quantize.ts.
import type { Graph, QuantizedFormat } from "@glimpsejs/graph";
import { visionPrefix } from "./vision.ts";

/** How weights can be stored. */
export const weightDTypes = ["fp32", "fp16", "int8", "int4"] as const;

/** How weights are stored: float32, float16, or whole numbers of 8 or 4 bits with scales. */
export type WeightDType = (typeof weightDTypes)[number];

/** The weights that are quantized, by the name that they have in the original checkpoint. */
export type QuantizationPlan = ReadonlyMap<string, QuantizedFormat>;

/**
 * The plan for a dtype: every weight that linear layers of `graphs` multiply with; empty for floats. With "int4" the
 * image encoder has 8 bits: it costs accuracy there, and no time is won where many rows are computed at once.
 */
export function planQuantization(graphs: readonly Graph[], dtype: WeightDType): QuantizationPlan {
  const plan = new Map<string, QuantizedFormat>();
  if (dtype !== "int8" && dtype !== "int4") return plan;
  for (const graph of graphs) {
    for (const { op, inputs } of graph.nodes) {
      if (op !== "linear") continue;
      const k = Number(graph.weights[inputs.weight]?.shape[1] ?? 0);
      if (k > 0) plan.set(inputs.weight, formatFor(inputs.weight, k, dtype));
    }
  }
  return plan;
}

/** 4 bits in blocks that divide a row, where there are any, else 8 bits. */
function formatFor(name: string, k: number, dtype: "int8" | "int4"): QuantizedFormat {
  const block = blocks.find((size) => k % size === 0);
  const wantsFour = dtype === "int4" && !name.startsWith(visionPrefix);
  return wantsFour && block !== undefined ? { bits: 4, block } : { bits: 8, block: k };
}

/**
 * The larger, the fewer scales and the further apart the sixteen numbers of a block. With 128 the demo checkpoint has 87.9 % of
 * its captions right, with 64 88.0 %, and products take three quarters of the time (MatMulNBits, 3072 x 768 in cache, one
 * thread of a Zen 4: one row 30 instead of 40 us, four 103 instead of 136, ten 250 instead of 334).
 */
const blocks = [128, 64, 32, 16] as const;
