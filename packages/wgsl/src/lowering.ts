// What the kernels' files work with while a plan is made: views of values, buffers to write, dispatches. It decides where
// values stand; what a kernel is, the files in ops/ say.
import type { Dim, DType, ValueName } from "@glimpsejs/graph";
import type { Kernel } from "./kernel.ts";
import type { BufferSpec, Dispatch } from "./plan.ts";
import type { Simplified } from "./simplify.ts";
import { bound, product } from "./size.ts";
import { type BufferId, isContiguous, type RowGrid, type Rows, rowsOf, type View, whole } from "./view.ts";
import type { WeightFormat, WeightLayout } from "./weights.ts";

/** What a plan may count on. */
export interface Features {
  /** Fewest and most invocations of a subgroup; absent where there are no subgroup operations. */
  readonly subgroups?:
    | {
        /** Fewest invocations of a subgroup. */
        readonly min: number;
        /** Most invocations of a subgroup. */
        readonly max: number;
      }
    | undefined;
  /** Storage buffers that a kernel may use; at least 8. */
  readonly storageBuffers: number;
}

/** One dispatch as a kernel's file says it. */
export interface DispatchParts {
  readonly kernel: Kernel;
  readonly op: string;
  readonly path: string;
  readonly buffers: readonly BufferId[];
  readonly params: Readonly<Record<string, Dim>>;
  readonly groups: readonly [number, number, number];
  readonly flops?: Dim;
}

/** A temporary buffer before it has a slot. */
export type DraftSpec = Exclude<BufferSpec, { kind: "temporary" }> | { kind: "temporary"; bytes: number };

/** The state of one plan in the making. */
export class Lowering {
  readonly graph: Simplified;
  readonly layout: WeightLayout;
  readonly features: Features;
  readonly capacity: number;
  readonly buffers: DraftSpec[] = [];
  readonly dispatches: Dispatch[] = [];
  /** Where values stand that are there already. */
  readonly views = new Map<ValueName, View>();
  /** Where values are to be written, if not to a buffer of their own. */
  readonly targets = new Map<ValueName, View>();
  private readonly byWeight = new Map<string, BufferId>();

  constructor(graph: Simplified, layout: WeightLayout, features: Features, capacity: number) {
    this.graph = graph;
    this.layout = layout;
    this.features = features;
    this.capacity = capacity;
  }

  shape(value: ValueName): readonly Dim[] {
    return this.graph.shape(value);
  }

  dtype(value: ValueName): DType {
    return this.graph.graph.types[value]?.dtype ?? "float32";
  }

  /** The largest value of a size. */
  bound(dim: Dim): number {
    return bound(dim, this.capacity);
  }

  /** The largest number of elements of a shape. */
  elements(shape: readonly Dim[]): number {
    return this.bound(product(shape));
  }

  addBuffer(spec: DraftSpec): BufferId {
    this.buffers.push(spec);
    return this.buffers.length - 1;
  }

  /** A buffer for a value of 4-byte elements. */
  temporary(shape: readonly Dim[]): View {
    return whole(this.addBuffer({ kind: "temporary", bytes: 4 * this.elements(shape) }), shape);
  }

  /** Where a value stands. Weights are seen in their buffers, fed inputs in theirs. */
  read(value: ValueName): View {
    const known = this.views.get(value);
    if (known !== undefined) return known;
    const shape = this.shape(value);
    const { inputs, weights } = this.graph.graph;
    let view: View;
    if (Object.hasOwn(weights, value)) {
      const { buffer, offset } = this.weight(value) ?? { buffer: 0, offset: 0 };
      view = { ...whole(buffer, shape), offset };
    } else if (Object.hasOwn(inputs, value)) {
      view = whole(this.addBuffer({ kind: "feed", input: value, bytes: 4 * this.elements(shape) }), shape);
    } else throw new TypeError(`plan: the value "${value}" is read before it is written.`);
    this.views.set(value, view);
    return view;
  }

  /** A weight's buffer, the elements before it there, and its format; undefined for a value that is no weight. */
  weight(value: ValueName): { buffer: BufferId; offset: number; format: WeightFormat } | undefined {
    const place = Object.hasOwn(this.graph.graph.weights, value) ? this.layout.places.get(value) : undefined;
    if (place === undefined) return undefined;
    const { pack, part, offset } = place;
    const key = `${pack} ${part}`;
    let buffer = this.byWeight.get(key);
    if (buffer === undefined) {
      buffer = this.addBuffer({ kind: "weight", pack, part });
      this.byWeight.set(key, buffer);
    }
    const format = part === "weight" ? (this.layout.packs[pack]?.format ?? "f32") : "f32";
    return { buffer, offset, format };
  }

  /** Where a value is to be written. */
  write(value: ValueName): View {
    const view = this.targets.get(value) ?? this.temporary(this.shape(value));
    this.views.set(value, view);
    return view;
  }

  dispatch({ kernel, op, path, buffers, params, groups, flops = 0 }: DispatchParts): void {
    const written = buffers.filter((_, i) => kernel.access[i] !== "read");
    const shared = buffers.filter((buffer, i) => written.includes(buffer) && buffers.indexOf(buffer) !== i);
    if (shared.length > 0 || buffers.length !== kernel.access.length) {
      throw new TypeError(`plan: the buffers of ${kernel.name} at "${path}" clash.`);
    }
    const values = kernel.params.map((name) => {
      const value = params[name];
      if (value === undefined) throw new TypeError(`plan: ${kernel.name} lacks the parameter ${name}.`);
      return value;
    });
    const bytes = buffers.reduce((sum, id) => sum + this.bytesOf(id), 0);
    this.dispatches.push({ kernel, op, path, buffers, params: values, groups, work: { flops, bytes } });
  }

  /** A view as rows on a grid; `copy` makes a contiguous one where it has no such form. */
  rows(view: View, grid: RowGrid, copy: (view: View) => View): Rows {
    const rows = rowsOf(view, grid) ?? rowsOf(copy(view), grid);
    if (rows === undefined) throw new TypeError("plan: a contiguous view has no rows.");
    return rows;
  }

  /** The view, or a contiguous copy of it. */
  contiguous(view: View, copy: (view: View) => View): View {
    return isContiguous(view) ? view : copy(view);
  }

  private bytesOf(id: BufferId): number {
    const spec = this.buffers[id];
    if (spec === undefined) return 0;
    if (spec.kind !== "weight") return spec.bytes;
    return packBytes(this.layout, this.graph.graph.weights, spec.pack, spec.part);
  }
}

/** Bytes of one buffer of a pack, from the shapes of its weights. */
export function packBytes(
  layout: WeightLayout,
  weights: Readonly<Record<ValueName, { readonly shape: readonly Dim[] }>>,
  pack: number,
  part: "weight" | "scales" | "bias",
): number {
  const spec = layout.packs[pack];
  if (spec === undefined) return 0;
  const names = { weight: spec.weights, scales: spec.scales, bias: spec.biases }[part];
  const elements = names.reduce((sum, name) => {
    return sum + (weights[name]?.shape ?? []).reduce((n: number, dim) => n * Number(dim), 1);
  }, 0);
  const bytesEach = part !== "weight" ? 4 : { f32: 4, f16: 2, int8: 1, int4: 1 }[spec.format];
  return 4 * Math.ceil((elements * bytesEach) / 4);
}
