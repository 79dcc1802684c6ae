// What a plan is: plain data that says which buffers there are, which kernels run on them in which order, and where the
// outputs stand afterwards. A device needs nothing else to run a graph.
import type { Dim, DType } from "@glimpsejs/graph";
import type { Kernel } from "./kernel.ts";
import type { BufferId, View } from "./view.ts";

/** A buffer of a plan. Sizes are in bytes, for the most that growing dimensions reach. */
export type BufferSpec =
  | { readonly kind: "weight"; readonly pack: number; readonly part: "weight" | "scales" | "bias" }
  | { readonly kind: "feed"; readonly input: string; readonly bytes: number }
  | {
      /** A carried input and the output that replaces it, written in place. */
      readonly kind: "state";
      readonly input: string;
      readonly bytes: number;
    }
  | { readonly kind: "output"; readonly bytes: number }
  /** `slot` is one of the plan's slots, which values share whose lifetimes do not overlap. */
  | { readonly kind: "temporary"; readonly bytes: number; readonly slot: number };

/** One dispatch of a kernel. */
export interface Dispatch {
  readonly kernel: Kernel;
  /** Where in the model it stands. */
  readonly path: string;
  /** The op, for profiles. */
  readonly op: string;
  readonly buffers: readonly BufferId[];
  /** Values of the kernel's parameters. */
  readonly params: readonly Dim[];
  readonly groups: readonly [number, number, number];
  /** Floating-point operations and bytes moved at least, for profiles. */
  readonly work: { readonly flops: Dim; readonly bytes: Dim };
}

/** An output of a plan. */
export interface PlanOutput {
  readonly view: View;
  readonly dtype: DType;
}

/** How a carried input is kept: a buffer that holds more rows along `axis` than are used. */
export interface StateSpec {
  readonly input: string;
  readonly output: string;
  readonly buffer: BufferId;
  readonly axis: number;
  readonly capacity: number;
  /** Of the input, in this run. */
  readonly shape: readonly Dim[];
}

/** How one selection of a graph's outputs is computed for one set of sizes. */
export interface Plan {
  readonly graph: string;
  readonly buffers: readonly BufferSpec[];
  readonly dispatches: readonly Dispatch[];
  readonly outputs: Readonly<Record<string, PlanOutput>>;
  readonly states: readonly StateSpec[];
  /** Bytes of each slot for temporaries. */
  readonly slots: readonly number[];
}

/** Bytes of all temporaries of a plan at once. */
export function temporaryBytes(plan: Plan): number {
  return plan.slots.reduce((sum, bytes) => sum + bytes, 0);
}
