// The operands of a matrix product as WGSL: rows of x, of a picture cut into patches, or of chosen rows; and the matrix in
// each of its formats. Both come as vec4f along K.
import type { WeightFormat } from "../weights.ts";

/** How the rows that are multiplied are found. */
export type RowSource = "rows" | "chosen" | "patches";

/**
 * `fn xStart(row: u32) -> u32`, computed once per row, and `fn x4(start: u32, k4: u32) -> vec4f`; elements beyond K are
 * 0. Parameters: xs (rows per batch), x0, xBatch, xRow, k; for patches x0, side, rows, columns, channels.
 */
export function rowText(source: RowSource, vector: boolean): string {
  if (source === "patches") {
    return `
fn xStart(row: u32) -> u32 {
  let patches = p.rows * p.columns;
  let at = row % patches;
  let height = p.rows * p.side;
  let y = (row / patches) * p.channels * height + (at / p.columns) * p.side;
  return p.x0 + (y * p.columns + at % p.columns) * p.side;
}
fn x1(start: u32, k: u32) -> f32 {
  let area = p.side * p.side;
  let inner = k % area;
  let y = (k / area) * p.rows * p.side + inner / p.side;
  return select(0.0, x[start + y * p.columns * p.side + inner % p.side], k < p.k);
}
${fourOf("x")}`;
  }
  const row = source === "chosen" ? "u32(chosen[p.chosen0 + i])" : "i";
  const start = (unit: string) => `
fn xStart(i: u32) -> u32 {
  let row = ${row};
  return (p.x0 + (row / p.xs) * p.xBatch + (row % p.xs) * p.xRow)${unit};
}`;
  if (vector) return `${start(" / 4u")}\nfn x4(start: u32, k4: u32) -> vec4f { return x[start + k4]; }`;
  return `${start("")}
fn x1(start: u32, k: u32) -> f32 { return select(0.0, x[start + min(k, p.k - 1u)], k < p.k); }
${fourOf("x")}`;
}

/** Four elements from single ones. */
function fourOf(name: "x" | "w"): string {
  return `fn ${name}4(start: u32, k4: u32) -> vec4f {
  let k = 4u * k4;
  return vec4f(${name}1(start, k), ${name}1(start, k + 1u), ${name}1(start, k + 2u), ${name}1(start, k + 3u));
}`;
}

/** The element type of the buffer of a matrix. */
export function weightType(format: WeightFormat, vector: boolean): string {
  if (format === "f32") return vector ? "vec4f" : "f32";
  return format === "f16" ? "vec2u" : "u32";
}

/**
 * `fn wStart(column: u32) -> u32`, computed once per column, and `fn w4(start: u32, k4: u32) -> vec4f`; elements beyond K
 * are 0. Parameters: w0 (rows of the pack before the first), k, and for int4 block. float16 and int4 need a K that is a
 * multiple of 4.
 */
export function weightText(format: WeightFormat, vector: boolean): string {
  const fours = "fn wStart(column: u32) -> u32 { return (p.w0 + column) * (p.k / 4u); }";
  const ones = "fn wStart(column: u32) -> u32 { return (p.w0 + column) * p.k; }";
  switch (format) {
    case "f32":
      return vector
        ? `${fours}\nfn w4(start: u32, k4: u32) -> vec4f { return w[start + k4]; }`
        : `${ones}
fn w1(start: u32, k: u32) -> f32 { return select(0.0, w[start + min(k, p.k - 1u)], k < p.k); }
${fourOf("w")}`;
    case "f16":
      return `${fours}
fn w4(start: u32, k4: u32) -> vec4f {
  let pair = w[start + k4];
  return vec4f(unpack2x16float(pair.x), unpack2x16float(pair.y));
}`;
    case "int8":
      return vector
        ? `${fours}
fn w4(start: u32, k4: u32) -> vec4f {
  let bytes = vec4i(bitcast<i32>(w[start + k4]));
  return vec4f((bytes << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
}`
        : `${ones}
fn w1(start: u32, k: u32) -> f32 {
  let at = start + min(k, p.k - 1u);
  let byte = (bitcast<i32>(w[at / 4u]) << (24u - 8u * (at % 4u))) >> 24u;
  return select(0.0, f32(byte), k < p.k);
}
${fourOf("w")}`;
    case "int4":
      return `${fours}
fn w4(start: u32, k4: u32) -> vec4f {
  let at = start + k4;
  let half = w[at / 2u] >> (16u * (at % 2u));
  let nibbles = (vec4u(half) >> vec4u(0u, 4u, 8u, 12u)) & vec4u(15u);
  return scales[at / (p.block / 4u)] * (vec4f(nibbles) - 8.0);
}`;
  }
}
