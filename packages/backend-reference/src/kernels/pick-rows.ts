// Rows of a matrix by number, with the numbers checked; embedding and gatherRows are this.
import type { KernelRun } from "./kernel.ts";

/** source [N, D], rows [...] with 0 ≤ row < N → [..., D]; `what` names a row in the error of one that is outside. */
export function pickRows(
  source: Float32Array,
  n: number,
  d: number,
  rows: Int32Array,
  what: string,
  run: KernelRun,
): Float32Array {
  const picked = new Float32Array(rows.length * d);
  for (const [i, row] of rows.entries()) {
    if (row < 0 || row >= n) {
      run.fail({ problem: `${what} ${i} is out of range`, expected: `0 to ${n - 1}`, got: String(row) });
    }
    picked.set(source.subarray(row * d, (row + 1) * d), i * d);
  }
  return picked;
}
