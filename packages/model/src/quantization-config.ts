// The form of quantized checkpoints, as config.json names it. Reading them is stored-quantized.ts.
import type { JsonValue } from "@glimpsejs/base";

/** The field of config.json. */
export const quantizationField = "quantization_config";

/** The name of the form. */
export const quantizationMethod = "glimpse";

/** Its version. */
export const quantizationVersion = 1;

/** What config.json says about a model quantized to `dtype`. */
export function quantizationConfig(dtype: "int8" | "int4"): { readonly [key: string]: JsonValue } {
  return { quant_method: quantizationMethod, version: quantizationVersion, dtype };
}
