// The position table of the image encoder for grids it was not trained on: bicubic interpolation of the patch rows,
// the class row kept. The result is fed to the vision graph; the graph does not change.
// Reference: GitVisionEmbeddings.interpolate_pos_encoding, torch.nn.functional.interpolate(mode="bicubic",
// align_corners=False), whose kernel has a = −0.75 and clamps at the border.
import { float32, type HostTensor } from "@glimpsejs/graph";

const a = -0.75;

/**
 * table float32 [1 + n², D] (row 0 the class token, then an n × n grid) → [1 + rows·columns, D]. Returns the table
 * itself when the grid is n × n already.
 */
export function interpolatePositions(
  table: HostTensor<"float32">,
  rows: number,
  columns: number,
): HostTensor<"float32"> {
  const [count = 1, d = 0] = table.shape;
  const n = Math.round(Math.sqrt(count - 1));
  if (rows === n && columns === n) return table;
  const across = samples(n, columns);
  const narrow = new Float32Array(n * columns * d); // [n, columns, D]: interpolated along the width
  for (let y = 0; y < n; y++) {
    for (let x = 0; x < columns; x++) {
      for (const { from, weight } of across[x] ?? []) {
        accumulate(narrow, (y * columns + x) * d, table.data, (1 + y * n + from) * d, d, weight);
      }
    }
  }
  const down = samples(n, rows);
  const result = new Float32Array((1 + rows * columns) * d);
  result.set(table.data.subarray(0, d));
  for (let y = 0; y < rows; y++) {
    for (const { from, weight } of down[y] ?? []) {
      accumulate(result, (1 + y * columns) * d, narrow, from * columns * d, columns * d, weight);
    }
  }
  return float32(result, [1 + rows * columns, d]);
}

interface Sample {
  readonly from: number;
  readonly weight: number;
}

/** For each of `to` outputs, the four of `from` inputs it is made of and their weights. */
function samples(from: number, to: number): readonly (readonly Sample[])[] {
  return Array.from({ length: to }, (_, i) => {
    const center = ((i + 0.5) * from) / to - 0.5;
    const floor = Math.floor(center);
    const t = center - floor;
    return [outer(1 + t), inner(t), inner(1 - t), outer(2 - t)].map((weight, k) => ({
      from: Math.min(from - 1, Math.max(0, floor - 1 + k)),
      weight,
    }));
  });
}

/** The cubic convolution kernel for distances up to 1. */
function inner(x: number): number {
  return ((a + 2) * x - (a + 3)) * x * x + 1;
}

/** The cubic convolution kernel for distances from 1 to 2. */
function outer(x: number): number {
  return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

function accumulate(
  to: Float32Array,
  at: number,
  from: Float32Array,
  start: number,
  length: number,
  weight: number,
): void {
  for (let i = 0; i < length; i++) to[at + i] = (to[at + i] ?? 0) + weight * (from[start + i] ?? 0);
}
