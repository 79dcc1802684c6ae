// How much a model's weights are, without a checkpoint: for those who want to know before they download one.
import type { GitConfig } from "@glimpsejs/config";
import { bytesPerElement, elementCount, type Weight } from "@glimpsejs/graph";
import { expectedWeights, type WeightDType } from "@glimpsejs/model";
import { graphsOf } from "./engine.ts";
import { storedForm } from "./stored-form.ts";
import { residentBytes } from "./weights.ts";

/** Bytes of memory that the weights of a model take in a dtype, floats counted as float32. */
export function weightBytes(config: GitConfig, dtype: WeightDType): number {
  const shapes = expectedWeights(config, "causalLM");
  const get = (name: string): Weight | undefined => {
    const shape = shapes.get(name);
    if (shape === undefined) return undefined;
    const byteLength = bytesPerElement.float32 * elementCount(shape);
    return { dtype: "float32", shape, byteLength, bytes: () => Promise.reject(new TypeError("there are no bytes.")) };
  };
  return residentBytes(storedForm(graphsOf(config, "causalLM"), { names: [...shapes.keys()], get }, dtype).weights);
}
