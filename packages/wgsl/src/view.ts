// Where the elements of a value are: a buffer and a stride per axis, all counted in elements of 4 bytes. Ops that only
// move values (split, splitHeads, reshape, expand) are other views of the same buffer and cost nothing.
import { addDims, type Dim, divideDim, mulDims } from "@glimpsejs/graph";
import { product } from "./size.ts";

/** The number of a buffer in a plan. */
export type BufferId = number;

/** A value in a buffer. */
export interface View {
  /** The buffer that it is in. */
  readonly buffer: BufferId;
  /** Elements before its first. */
  readonly offset: Dim;
  /** Sizes, outermost first. */
  readonly shape: readonly Dim[];
  /** Elements between neighbours along each axis. */
  readonly strides: readonly Dim[];
}

/** Row-major strides of a shape. */
export function rowMajor(shape: readonly Dim[]): readonly Dim[] {
  return shape.map((_, axis) => product(shape.slice(axis + 1)));
}

/** A buffer that holds a value and nothing else. */
export function whole(buffer: BufferId, shape: readonly Dim[]): View {
  return { buffer, offset: 0, shape, strides: rowMajor(shape) };
}

/** Whether the elements lie one after the other. */
export function isContiguous({ shape, strides }: View): boolean {
  const expected = rowMajor(shape);
  return shape.every((n, axis) => n === 1 || strides[axis] === expected[axis]);
}

/** The part of a view that begins at `start` of an axis. */
export function slice(view: View, axis: number, start: Dim, size: Dim): View {
  const stride = view.strides[axis] ?? 0;
  return {
    ...view,
    offset: addDims(view.offset, mulDims(start, stride)),
    shape: view.shape.map((n, i) => (i === axis ? size : n)),
  };
}

/** [B, T, H·d] as [B, H, T, d]. */
export function splitHeads(view: View, heads: number): View {
  const [b = 1, t = 1, width = heads] = view.shape;
  const [sb = 0, st = 0, sw = 0] = view.strides;
  const d = divideDim(width, heads) ?? 1;
  return { ...view, shape: [b, heads, t, d], strides: [sb, mulDims(sw, d), st, sw] };
}

/**
 * Rows of a matrix: row i of `count` is at offset + ⌊i / perBatch⌋ · batch + (i mod perBatch) · row, its elements one
 * after the other.
 */
export interface Rows {
  readonly buffer: BufferId;
  readonly offset: Dim;
  readonly batch: Dim;
  readonly row: Dim;
}

/** All axes but the last as `batches` times `perBatch` rows. */
export interface RowGrid {
  readonly batches: Dim;
  readonly perBatch: Dim;
}

/** The grid that several views with the same leading axes have in common: one batch where all of them allow it. */
export function rowGrid(views: readonly View[], leading: readonly Dim[]): RowGrid {
  const count = product(leading);
  const flat = { batches: 1, perBatch: count };
  if (views.every((view) => rowsOf(view, flat) !== undefined)) return flat;
  return { batches: product(leading.slice(0, -1)), perBatch: leading.at(-1) ?? 1 };
}

/** A view as rows on a grid; undefined where it has no such form and must be copied. */
export function rowsOf(view: View, grid: RowGrid): Rows | undefined {
  const { buffer, offset, shape, strides } = view;
  if (shape.at(-1) !== 1 && strides.at(-1) !== 1) return undefined;
  const width = shape.at(-1) ?? 1;
  // Leading axes of size 1 say nothing; of the others each must continue the next.
  const axes = shape.slice(0, -1).flatMap((n, i) => (n === 1 ? [] : [{ n, stride: strides[i] ?? 0 }]));
  const merge = (list: typeof axes): Dim | undefined => {
    for (const [i, axis] of list.entries()) {
      const next = list[i + 1];
      if (next !== undefined && axis.stride !== mulDims(next.n, next.stride)) return undefined;
    }
    return list.at(-1)?.stride ?? width;
  };
  if (grid.batches === 1) {
    const row = merge(axes);
    return row === undefined ? undefined : { buffer, offset, batch: 0, row };
  }
  const row = merge(axes);
  if (row !== undefined) return { buffer, offset, batch: mulDims(grid.perBatch, row), row };
  const last = axes.at(-1);
  if (last === undefined || last.n !== grid.perBatch) return undefined;
  const batch = merge(axes.slice(0, -1));
  return batch === undefined ? undefined : { buffer, offset, batch, row: last.stride };
}
