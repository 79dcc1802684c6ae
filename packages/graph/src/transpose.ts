// Transposes of whole-number matrices. In blocks, since one column at a time would read every cache line of the matrix
// again for each of its bytes.

/** Rows that are read side by side: their lines stay in the nearest cache. */
const block = 64;

/** data int8 [rows, columns] → [columns, rows] */
export function transpose(data: Int8Array, rows: number, columns: number): Int8Array<ArrayBuffer> {
  const out = new Int8Array(data.length);
  transposeInto(out, rows, data, columns, 0);
  return out;
}

/** Writes data [any number of rows, columns] as the columns from `first` on of out [columns, rows]. */
export function transposeInto(out: Int8Array, rows: number, data: Int8Array, columns: number, first: number): void {
  const count = columns === 0 ? 0 : data.length / columns;
  for (let start = 0; start < count; start += block) {
    const end = Math.min(count, start + block);
    for (let column = 0; column < columns; column++) {
      const at = column * rows + first;
      for (let row = start; row < end; row++) out[at + row] = data[row * columns + column] ?? 0;
    }
  }
}
