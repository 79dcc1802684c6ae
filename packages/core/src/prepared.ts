// Quantized weights that are kept: rounding a checkpoint takes longer than captioning many pictures, and gives the same
// bytes every time. So the first load writes them where the host keeps such things, and the next ones map that file.
import type { JsonValue } from "@glimpsejs/base";
import { GitConfig } from "@glimpsejs/config";
import { elementCount, type WeightSource } from "@glimpsejs/graph";
import {
  type ModelPart,
  type QuantizationPlan,
  quantizationConfig,
  quantizedName,
  quantizedWeights,
  readQuantized,
  scalesName,
  type WeightDType,
} from "@glimpsejs/model";
import { streamSafetensors } from "@glimpsejs/weights";
import { fromEightBits, withEightBits } from "./kept-eight-bits.ts";
import { laterGraphsOf } from "./later-graphs.ts";
import { graphsOf } from "./model-graphs.ts";
import { otherForm } from "./other-form.ts";
import type { DraftDType, Host, PreparedOrigin } from "./platform.ts";
import { fromTransposes, withTransposes } from "./transposed.ts";

/** Raised when the same checkpoint would be written as other bytes than before. */
const versions = { int8: 3, int4: 4, draft: 3 } as const;

/** Fewer weights are rounded faster than a file is worth. */
const leastWeights = 20_000_000;

/**
 * `weights` quantized to `dtype` as the host has kept them, or keeps them from now on. Undefined where there is nothing
 * to prepare, fewer than `least` weights, no file to know them by again, or no place to keep them: then they are rounded as
 * they are read.
 */
export async function preparedWeights(
  host: Host,
  config: GitConfig,
  weights: WeightSource,
  part: ModelPart,
  dtype: WeightDType | undefined,
  least = leastWeights,
): Promise<WeightSource | undefined> {
  if (host.prepared === undefined || (dtype !== "int8" && dtype !== "int4")) return undefined;
  const version = versions[dtype];
  const origin = originOf(weights, weights.names, least, { version, dtype, part, config: GitConfig.toJson(config) });
  if (origin === undefined) return undefined;
  const kept = await keptBy(host, origin, dtype, () =>
    withEightBits(otherForm({ ...graphsOf(config, part), ...laterGraphsOf(config, part) }, weights, dtype)),
  );
  const isWritten = (name: string) => kept?.get(name)?.shape.join() === weights.get(name)?.shape.join();
  if (kept === undefined || weights.names.every(isWritten)) return kept;
  await kept.dispose?.(); // not what was written: the checkpoint itself is still there
  return undefined;
}

/** The same for the weights of a plan alone, and under the same conditions; they are a draft's, see draft.ts. */
export async function preparedDraft(
  host: Host,
  weights: WeightSource,
  plan: QuantizationPlan,
  dtype: DraftDType,
  least = leastWeights,
): Promise<WeightSource | undefined> {
  const origin = originOf(weights, [...plan.keys()], least, { version: versions.draft, draft: dtype });
  if (origin === undefined) return undefined;
  const kept = await keptBy(host, origin, dtype, () => {
    const names = [...plan].flatMap(([name, format]) => [quantizedName(name, format), scalesName(name)]);
    return { ...quantizedWeights(weights, plan), names };
  });
  if (kept === undefined || [...plan.keys()].every((name) => kept.get(name)?.quantized !== undefined)) return kept;
  await kept.dispose?.();
  return undefined;
}

/** What prepared weights are known by; undefined where nothing is to be kept. */
function originOf(
  weights: WeightSource,
  names: readonly string[],
  least: number,
  made: { readonly [key: string]: JsonValue },
): PreparedOrigin | undefined {
  const files = new Set<string>();
  let count = 0;
  for (const name of names) {
    const weight = weights.get(name);
    if (weight?.location === undefined || weight.quantized !== undefined) return undefined;
    files.add(weight.location.file.path);
    count += elementCount(weight.shape);
  }
  if (count < least) return undefined;
  return { files: [...files], madeFrom: JSON.stringify({ ...made, names }) };
}

/** The weights of an origin, quantized, as the host has kept them or keeps them now. */
async function keptBy(
  host: Host,
  origin: PreparedOrigin,
  dtype: DraftDType,
  make: () => WeightSource,
): Promise<WeightSource | undefined> {
  const kept = await host.prepared?.(origin, (sink) =>
    sink.write("model.safetensors", streamSafetensors(withTransposes(make()), { format: "pt" })),
  );
  if (kept === undefined) return undefined;
  try {
    return await readQuantized(fromEightBits(fromTransposes(kept)), quantizationConfig(dtype), "prepared weights");
  } catch {
    await kept.dispose?.();
    return undefined;
  }
}
