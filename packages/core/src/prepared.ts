// Quantized weights that are kept: rounding a checkpoint takes longer than captioning many pictures, and gives the same
// bytes every time. So the first load writes them where the host keeps such things, and the next ones map that file.
import { GitConfig } from "@glimpsejs/config";
import { elementCount, type WeightSource } from "@glimpsejs/graph";
import { type ModelPart, matchWeights, quantizationConfig, readQuantized, type WeightDType } from "@glimpsejs/model";
import { streamSafetensors } from "@glimpsejs/weights";
import { graphsOf } from "./model-graphs.ts";
import { otherForm } from "./other-form.ts";
import type { Host } from "./platform.ts";
import { fromTransposes, withTransposes } from "./transposed.ts";

/** Raised when the same checkpoint would be written as other bytes than before. */
const version = 3;

/**
 * `weights` quantized to `dtype` as the host has kept them, or keeps them from now on. Undefined where there is nothing
 * to prepare, no file to know them by again, or no place to keep them: then they are rounded as they are read. Fewer than
 * `least` weights are rounded faster than a file is worth.
 */
export async function preparedWeights(
  host: Host,
  config: GitConfig,
  weights: WeightSource,
  part: ModelPart,
  dtype: WeightDType | undefined,
  least = 20_000_000,
): Promise<WeightSource | undefined> {
  if (host.prepared === undefined || (dtype !== "int8" && dtype !== "int4")) return undefined;
  const files = new Set<string>();
  let count = 0;
  for (const name of weights.names) {
    const weight = weights.get(name);
    if (weight?.location === undefined || weight.quantized !== undefined) return undefined;
    files.add(weight.location.file.path);
    count += elementCount(weight.shape);
  }
  if (count < least) return undefined;
  const madeFrom = { version, dtype, part, config: GitConfig.toJson(config), names: weights.names };
  const form = otherForm(graphsOf(config, part), weights, dtype);
  const kept = await host.prepared({ files: [...files], madeFrom: JSON.stringify(madeFrom) }, (sink) =>
    sink.write("model.safetensors", streamSafetensors(withTransposes(form.weights), { format: "pt" })),
  );
  if (kept === undefined) return undefined;
  try {
    return matchWeights(
      await readQuantized(fromTransposes(kept), quantizationConfig(dtype), "prepared weights"),
      config,
      part,
    );
  } catch {
    await kept.dispose?.(); // not what was written: the checkpoint itself is still there
    return undefined;
  }
}
