// How much a model's weights are, without a checkpoint: for those who want to know before they download one.
import type { GitConfig } from "@glimpsejs/config";
import { bytesPerElement, elementCount, type TensorType } from "@glimpsejs/graph";
import { expectedWeights, planQuantization, quantizedTypes, type WeightDType } from "@glimpsejs/model";
import { graphsOf } from "./model-graphs.ts";

/** Bytes of memory that the weights of a model take in a dtype, floats counted as float32. */
export function weightBytes(config: GitConfig, dtype: WeightDType): number {
  const graphs = Object.values(graphsOf(config, "causalLM"));
  const plan = planQuantization(graphs, dtype);
  // A quantized weight that something else than a linear layer uses, as a tied word table, is there twice.
  const kept = new Set<string | undefined>(
    graphs.flatMap(({ nodes }) =>
      nodes.flatMap(({ op, inputs }) => (op === "linear" ? [] : Object.values(inputs).flat())),
    ),
  );
  let bytes = 0;
  for (const [name, shape] of expectedWeights(config, "causalLM")) {
    const [n = 0, k = 0] = shape;
    const format = plan.get(name);
    if (format !== undefined) for (const type of Object.values(quantizedTypes(n, k, format))) bytes += bytesOf(type);
    if (format === undefined || kept.has(name)) bytes += bytesOf({ dtype: "float32", shape });
  }
  return bytes;
}

function bytesOf({ dtype, shape }: TensorType): number {
  return bytesPerElement[dtype] * elementCount(shape.map(Number));
}
