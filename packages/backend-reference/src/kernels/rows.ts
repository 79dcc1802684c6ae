// Rows of a matrix of scores, and whether one can be chosen from; argMax, topK and logSumExp share this.

/** The rows of x [R, V], views. */
export function rowsOf(data: Float32Array, v: number): readonly Float32Array[] {
  return Array.from({ length: data.length / v }, (_, r) => data.subarray(r * v, (r + 1) * v));
}

/** Whether a row holds a NaN or +∞, or nothing finite. */
export function isBad(row: Float32Array): boolean {
  return !row.some(Number.isFinite) || row.some((value) => !(value < Number.POSITIVE_INFINITY));
}
