// The form in which a model's weights are kept, and the graphs that go with it. Nothing is read here; weights change their
// form when somebody reads them.
import type { Graph, WeightSource } from "@glimpsejs/graph";
import type { WeightDType } from "@glimpsejs/model";
import { loadOnDemand } from "./load-on-demand.ts";

/** Graphs and weights of one dtype. */
export interface StoredForm {
  readonly dtype: WeightDType;
  readonly graphs: Readonly<Record<string, Graph>>;
  readonly weights: WeightSource;
}

/**
 * `graphs` and their weights in `dtype`; undefined stands for the dtype that they are stored in. Throws
 * "invalid-argument" where the checkpoint is quantized already, to another dtype.
 */
export async function storedForm(
  graphs: Readonly<Record<string, Graph>>,
  weights: WeightSource,
  dtype: WeightDType | undefined,
): Promise<StoredForm> {
  const isQuantized = weights.names.some((name) => weights.get(name)?.quantized !== undefined);
  if (!isQuantized && (dtype ?? "fp32") === "fp32") return { dtype: "fp32", graphs, weights };
  return (await loadOnDemand()).otherForm(graphs, weights, dtype);
}
