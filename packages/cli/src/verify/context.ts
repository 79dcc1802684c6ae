// What every kind of case is run with, and how its model and its inputs are come by.
import type { BackendPlugin } from "@glimpsejs/backend";
import { GlimpseError } from "@glimpsejs/base";
import type { Bound, ModelOptions } from "@glimpsejs/core";
import type { HostTensor } from "@glimpsejs/graph";
import type { FileReader } from "../host.ts";
import type { Tensors } from "./case.ts";

/** What cases are run with. */
export interface VerifyOptions {
  /** The classes that cases are run with. */
  readonly glimpse: Bound;
  /** The backend that is verified. */
  readonly backend: BackendPlugin;
  /** Reads the cases. */
  readonly files: FileReader;
  /** Largest absolute error of a float. Default 1e-4. */
  readonly tolerance?: number;
  /** Stops between two cases and in the middle of one; rejects with "aborted". */
  readonly signal?: AbortSignal;
}

/** The same with the defaults filled in. */
export interface VerifyContext extends VerifyOptions {
  readonly tolerance: number;
}

/** What fromPretrained() is called with. */
export function loading({ backend, signal }: VerifyContext): ModelOptions {
  return { backend, signal };
}

/** A tensor of inputs.safetensors. Throws "missing-file" when there is none of that name. */
export function input(inputs: Tensors, name: string): HostTensor<"float32"> {
  const tensor = inputs.get(name);
  if (tensor !== undefined) return tensor;
  throw new GlimpseError({ subject: "inputs.safetensors", problem: `there is no ${name}` }, { code: "missing-file" });
}
