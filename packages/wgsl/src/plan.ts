// What a plan is: plain data that says which buffers there are, which kernels run on them in which order, and where the
// outputs stand afterwards. A device needs nothing else to run a graph.
import type { Dim, DType } from "@glimpsejs/graph";
import type { Kernel } from "./kernel.ts";
import type { BufferId, View } from "./view.ts";

/** A buffer of a plan. Sizes are in bytes, for the most that growing dimensions reach. */
export type BufferSpec =
  | {
      /** What it holds. */
      readonly kind: "weight";
      /** Number of the pack in the program's layout. */
      readonly pack: number;
      /** Which of the pack's buffers. */
      readonly part: "weight" | "scales" | "bias";
    }
  | {
      /** What it holds. */
      readonly kind: "feed";
      /** Name of the graph's input. */
      readonly input: string;
      /** Size. */
      readonly bytes: number;
    }
  | {
      /** A carried input and the output that replaces it, written in place. */
      readonly kind: "state";
      /** Name of the graph's input. */
      readonly input: string;
      /** Size. */
      readonly bytes: number;
    }
  | {
      /** What it holds. */
      readonly kind: "output";
      /** Size. */
      readonly bytes: number;
    }
  /** `slot` is one of the plan's slots, which values share whose lifetimes do not overlap. */
  | {
      /** What it holds. */
      readonly kind: "temporary";
      /** Size. */
      readonly bytes: number;
      /** Number of the slot. */
      readonly slot: number;
    };

/** One dispatch of a kernel. */
export interface Dispatch {
  /** What runs. */
  readonly kernel: Kernel;
  /** Where in the model it stands. */
  readonly path: string;
  /** The op, for profiles. */
  readonly op: string;
  /** Buffers of the kernel's bindings, in their order. */
  readonly buffers: readonly BufferId[];
  /** Values of the kernel's parameters. */
  readonly params: readonly Dim[];
  /** Workgroups along x, y and z. */
  readonly groups: readonly [number, number, number];
  /** Floating-point operations and bytes moved at least, for profiles. */
  readonly work: {
    /** Floating-point operations. */
    readonly flops: Dim;
    /** Bytes moved at least. */
    readonly bytes: Dim;
  };
}

/** An output of a plan. */
export interface PlanOutput {
  /** Where it stands after the last dispatch. */
  readonly view: View;
  /** Element type. */
  readonly dtype: DType;
}

/** How a carried input is kept: a buffer that holds more rows along `axis` than are used. */
export interface StateSpec {
  /** Name of the carried input. */
  readonly input: string;
  /** Name of the output that replaces it. */
  readonly output: string;
  /** Where both stand. */
  readonly buffer: BufferId;
  /** The axis that grows. */
  readonly axis: number;
  /** Rows along `axis` that the buffer has room for. */
  readonly capacity: number;
  /** Of the input, in this run. */
  readonly shape: readonly Dim[];
}

/** How one selection of a graph's outputs is computed for one set of sizes. */
export interface Plan {
  /** Name of the graph. */
  readonly graph: string;
  /** Every buffer; its number is its place here. */
  readonly buffers: readonly BufferSpec[];
  /** What runs, in order. */
  readonly dispatches: readonly Dispatch[];
  /** By public name, those that were wanted. */
  readonly outputs: Readonly<Record<string, PlanOutput>>;
  /** Carried inputs. */
  readonly states: readonly StateSpec[];
  /** Bytes of each slot for temporaries. */
  readonly slots: readonly number[];
}

/** Bytes of all temporaries of a plan at once. */
export function temporaryBytes(plan: Plan): number {
  return plan.slots.reduce((sum, bytes) => sum + bytes, 0);
}
