// linear and quantizedLinear as matrix products: which kernel, on what, and where the results go.
import { type Dim, divideDim, mulDims, type ValueName } from "@glimpsejs/graph";
import type { LinearStep } from "../fuse.ts";
import { groupsFor } from "../kernel.ts";
import type { Lowering } from "../lowering.ts";
import { ceilDivide, product } from "../size.ts";
import { type RowGrid, rowGrid, type View } from "../view.ts";
import { copyOf } from "./elementwise.ts";
import { gemv, gemvColumns, gemvRows, gemvTurns, type ProductParts } from "./gemv.ts";
import { matmul, tileColumns, tileRows } from "./matmul.ts";
import { type StorePart, storeText } from "./store.ts";

/** A value that is written head by head, in up to two pieces along its rows: [B, H, rows, d] each. */
export interface HeadTarget {
  readonly heads: number;
  readonly pieces: readonly View[];
}

/** The product of a step. `heads` says which outputs go head by head. */
export function linear(l: Lowering, step: LinearStep, heads: ReadonlyMap<ValueName, HeadTarget>): void {
  if (step.parts.length > 1 && buffersOf(step, heads) > l.features.storageBuffers) {
    for (const part of step.parts) linear(l, { ...step, parts: [part] }, heads);
    return;
  }
  const copy = copyOf(l, step.path);
  const x = l.read(step.x);
  const leading = step.rows === undefined ? x.shape.slice(0, -1) : l.shape(step.rows);
  const outputs = step.parts.map(({ output }) => (heads.has(output) ? undefined : l.write(output)));
  const residual = step.residual === undefined ? undefined : l.read(step.residual);
  const beside = [...outputs, residual].filter((view) => view !== undefined);
  const isSplit = step.parts.some(({ output }) => heads.has(output));
  const grid: RowGrid = isSplit
    ? { batches: product(leading.slice(0, -1)), perBatch: leading.at(-1) ?? 1 }
    : step.rows === undefined
      ? rowGrid([x, ...beside], leading)
      : rowGrid(beside, leading);

  const parts = step.parts.map((part, i): StorePart => {
    const columns = l.bound(l.shape(part.output).at(-1) ?? 1);
    const target = heads.get(part.output);
    if (target === undefined) {
      const rows = l.rows(outputs[i] ?? l.write(part.output), grid, () => l.temporary([]));
      return { columns, headSize: columns, pieces: [rows], cut: 0 };
    }
    const pieces = target.pieces.map(({ buffer, offset, strides: [batch = 0, head = 0, each = 0] }) => {
      return { buffer, offset, batch, row: each, head };
    });
    return { columns, headSize: columns / target.heads, pieces, cut: target.pieces[0]?.shape[2] ?? 0 };
  });

  // Rows of x have a grid of their own: chosen rows stand on another than the results.
  const xLeading = x.shape.slice(0, -1);
  const xGrid = step.rows === undefined ? grid : rowGrid([x], xLeading);
  const from = l.rows(x, xGrid, copy);
  const [first] = step.parts;
  const k = l.bound(x.shape.at(-1) ?? 1);
  const n = parts.reduce((sum, { columns }) => sum + columns, 0);
  const matrix = matrixOf(l, first?.weight ?? "", k, copy);
  const isVector = k % 4 === 0 && [from.offset, from.batch, from.row].every((at) => divideDim(at, 4) !== undefined);
  const rowsView = step.rows === undefined ? undefined : l.contiguous(l.read(step.rows), copy);
  const biasView = first?.bias === undefined ? undefined : l.contiguous(l.read(first.bias), copy);
  const scales = first?.scales === undefined ? undefined : l.contiguous(l.read(first.scales), copy);
  const text = storeText({
    bias: biasView && { buffer: biasView.buffer, offset: biasView.offset },
    columnScales: matrix.format === "int8",
    activation: step.activation,
    residual: residual && l.rows(residual, grid, copy),
    parts,
  });
  const productParts: ProductParts = {
    source: rowsView === undefined ? "rows" : "chosen",
    format: matrix.format,
    vector: isVector,
    store: text,
  };
  const m = product(leading);
  emitProduct(l, productParts, m, n, {
    path: step.path,
    op: "linear",
    buffers: [
      from.buffer,
      ...(rowsView === undefined ? [] : [rowsView.buffer]),
      matrix.buffer,
      ...(scales === undefined ? [] : [scales.buffer]),
      ...text.buffers,
    ],
    params: {
      m,
      n,
      k,
      s: grid.perBatch,
      x0: from.offset,
      xs: xGrid.perBatch,
      xBatch: from.batch,
      xRow: from.row,
      chosen0: rowsView?.offset ?? 0,
      w0: matrix.row,
      block: step.block ?? 0,
      ...text.params,
    },
    k,
  });
}

/** Buffers of a dispatch of all parts at most. */
function buffersOf({ rows, parts }: LinearStep, heads: ReadonlyMap<ValueName, HeadTarget>): number {
  const inputs = [true, rows, parts[0]?.weight, parts[0]?.scales, parts[0]?.bias].filter(
    (input) => input !== undefined,
  );
  return parts.reduce((sum, { output }) => sum + (heads.get(output)?.pieces.length ?? 1), inputs.length);
}

/** What a product is given besides its parts. */
interface ProductCall {
  readonly path: string;
  readonly op: string;
  readonly buffers: readonly number[];
  readonly params: Readonly<Record<string, Dim>>;
  readonly k: number;
}

/** Workgroups of a tiled product below which most of a large GPU stands idle. */
const fewTiles = 128;

/** Chooses the kernel by the number of rows, and by how many tiles the results would be: a wide matrix is not read twice. */
export function emitProduct(l: Lowering, parts: ProductParts, m: Dim, n: number, call: ProductCall): void {
  const rows = l.bound(m);
  const flops = mulDims(2 * n * call.k, m);
  const tile = tileRows(rows);
  const [across, down] = [ceilDivide(n, tileColumns), ceilDivide(rows, tile)];
  const isFew = rows <= gemvRows || (rows <= gemvTurns && across * down < fewTiles);
  if (isFew && parts.source !== "patches") {
    const together = rows === 1 ? 1 : rows === 2 ? 2 : rows <= 4 ? 4 : 8;
    const text = gemv(parts, together, l.features.subgroups);
    const [gx, gy] = groupsFor(ceilDivide(n, gemvColumns(l.features.subgroups)));
    l.dispatch({ ...call, kernel: text, groups: [gx, gy, ceilDivide(rows, together)], flops });
    return;
  }
  l.dispatch({ ...call, kernel: matmul(parts, tile), groups: [across, down, 1], flops });
}

interface Matrix {
  readonly buffer: number;
  readonly format: ProductParts["format"];
  /** Rows of the buffer before the first. */
  readonly row: Dim;
}

/** The matrix of a product: a weight where it lies, or a value that something computed. */
function matrixOf(l: Lowering, name: ValueName, k: number, copy: (view: View) => View): Matrix {
  const weight = l.weight(name);
  if (weight !== undefined) {
    const { buffer, offset, format } = weight;
    const stored = Number(l.shape(name).at(-1) ?? k); // half of K for 4 bits
    return { buffer, format, row: stored === 0 ? 0 : offset / stored };
  }
  const view = l.contiguous(l.read(name), copy);
  const row = k === 0 ? 0 : divideDim(view.offset, k);
  if (row !== undefined) return { buffer: view.buffer, format: "f32", row };
  return { buffer: copy(view).buffer, format: "f32", row: 0 };
}
