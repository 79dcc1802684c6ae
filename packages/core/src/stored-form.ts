// The form in which a model's weights are kept, and the graphs that go with it. Nothing is read here; weights change their
// form when somebody reads them.

import type { GitConfig } from "@glimpsejs/config";
import type { Graph, WeightSource } from "@glimpsejs/graph";
import type { ModelPart, WeightDType } from "@glimpsejs/model";
import { loadOnDemand } from "./load-on-demand.ts";
import { graphsOf } from "./model-graphs.ts";

/** Graphs and weights of one dtype. */
export interface StoredForm {
  readonly dtype: WeightDType;
  readonly graphs: Readonly<Record<string, Graph>>;
  readonly weights: WeightSource;
}

/** A part of a model, its weights, and the dtype that is wanted. */
export interface Wanted {
  readonly config: GitConfig;
  readonly part: ModelPart;
  readonly weights: WeightSource;
  readonly dtype: WeightDType | undefined;
}

/** What a model is opened with: the graphs of captions; for a model without a head all of them, as it is there for `forward`. */
export async function firstForm({ config, part, weights, dtype }: Wanted): Promise<StoredForm> {
  const later = part === "model" ? (await loadOnDemand()).laterGraphsOf(config, part) : {};
  return storedForm({ ...graphsOf(config, part), ...later }, weights, dtype);
}

/**
 * `graphs` and their weights in `dtype`; undefined stands for the dtype that they are stored in. Throws
 * "invalid-argument" where the checkpoint is quantized already, to another dtype.
 */
async function storedForm(
  graphs: Readonly<Record<string, Graph>>,
  weights: WeightSource,
  dtype: WeightDType | undefined,
): Promise<StoredForm> {
  const isQuantized = weights.names.some((name) => weights.get(name)?.quantized !== undefined);
  if (!isQuantized && (dtype ?? "fp32") === "fp32") return { dtype: "fp32", graphs, weights };
  return (await loadOnDemand()).otherForm(graphs, weights, dtype);
}
