// gemv: a matrix product for a few rows, which is what decoding is made of. Its time is that of reading the matrix once, so
// each element is read by one invocation, 4 at a time, and used for all rows. Eight columns per workgroup, K split among
// the lanes of a column; sums meet in subgroups where there are any, else in workgroup memory.
import { type Kernel, kernel } from "../kernel.ts";
import type { Features } from "../lowering.ts";
import type { WeightFormat } from "../weights.ts";
import { type RowSource, rowText, weightText, weightType } from "./operands.ts";
import type { StoreText } from "./store.ts";

/** Rows that are taken together at most. More are taken in several turns, each of which reads the matrix again. */
export const gemvRows = 8;

/** Rows that are better taken in turns where there is little else to do at once. */
export const gemvTurns = 4 * gemvRows;

const size = 256;

/** Invocations that share a column: a whole number of subgroups, so that none reaches from one column into the next. */
function lanesOf(subgroups: Features["subgroups"]): number {
  return subgroups?.max === 64 ? 64 : 32;
}

/** Columns of a workgroup. */
export function gemvColumns(subgroups: Features["subgroups"]): number {
  return size / lanesOf(subgroups);
}

/** What a product of any kind is made of. */
export interface ProductParts {
  readonly source: RowSource;
  readonly format: WeightFormat;
  /** K and all row starts are multiples of 4. */
  readonly vector: boolean;
  readonly store: StoreText;
}

/** The bindings that all products begin with. */
export function productBindings({ source, format, vector, store }: ProductParts) {
  return [
    { name: "x", type: vector && source !== "patches" ? "vec4f" : "f32" },
    ...(source === "chosen" ? [{ name: "chosen", type: "i32" }] : []),
    { name: "w", type: weightType(format, vector) },
    ...(format === "int8" || format === "int4" ? [{ name: "scales" }] : []),
    ...store.bindings,
  ];
}

/** The parameters that all products begin with. */
export function productParams({ source, format, store }: ProductParts): readonly string[] {
  const rows = source === "patches" ? ["x0", "side", "rows", "columns", "channels"] : ["x0", "xs", "xBatch", "xRow"];
  return [
    ...["m", "n", "k", "s", ...rows],
    ...(source === "chosen" ? ["chosen0"] : []),
    ...["w0", ...(format === "int4" ? ["block"] : [])],
    ...Object.keys(store.params),
  ];
}

/** The kernel for up to `rows` rows (1, 2, 4 or 8). */
export function gemv(parts: ProductParts, rows: number, subgroups: Features["subgroups"]): Kernel {
  const { source, format, vector, store } = parts;
  const lanes = lanesOf(subgroups);
  const reduce = subgroups !== undefined && subgroups.max <= 64;
  const combined = (value: string) => (reduce ? `subgroupAdd(${value})` : value);
  // Two rows are written out; more are loops of constant length, which compilers unroll and small ones take as they are.
  const isFew = rows <= 2;
  const own = Array.from({ length: rows }, (_, r) => r);
  const begin = isFew
    ? own.map((r) => `let row${r} = xStart(min(first + ${r}u, last));\n      var sum${r} = 0.0;`).join("\n      ")
    : `
      var starts: array<u32, ${rows}>;
      var own: array<f32, ${rows}>;
      for (var r = 0u; r < ${rows}u; r++) { starts[r] = xStart(min(first + r, last)); }`;
  const add = isFew
    ? own.map((r) => `sum${r} += dot(x4(row${r}, k4), w);`).join("\n        ")
    : `for (var r = 0u; r < ${rows}u; r++) { own[r] += dot(x4(starts[r], k4), w); }`;
  const share = (r: string, value: string) => `
      {
        let part = ${combined(value)};
        if (thread % each == 0u) { sums[${r} * ${size}u + thread] = part; }
      }`;
  const end = isFew
    ? own.map((r) => share(`${r}u`, `sum${r}`)).join("")
    : `for (var r = 0u; r < ${rows}u; r++) ${share("r", "own[r]").trim()}`;
  return kernel({
    name: `gemv ${rows} rows ${format}${vector ? "" : " scalar"}${reduce ? " subgroups" : ""}`,
    params: productParams(parts),
    bindings: productBindings(parts),
    size,
    subgroups: reduce,
    declarations: `
${rowText(source, vector)}
${weightText(format, vector)}
${store.declarations}
var<workgroup> sums: array<f32, ${size * rows}>;`,
    body: `
      let lane = thread % ${lanes}u;
      let column = (group.y * groups.x + group.x) * ${size / lanes}u + thread / ${lanes}u;
      let inside = column < p.n;
      let chunks = select(0u, (p.k + 3u) / 4u, inside);
      let first = group.z * ${rows}u;
      let last = p.m - 1u;
      let matrix = wStart(column);
      ${begin}
      for (var k4 = lane; k4 < chunks; k4 += ${lanes}u) {
        let w = w4(matrix, k4);
        ${add}
      }
      let each = ${reduce ? "subgroup_size" : "1u"};
      ${end}
      workgroupBarrier();
      if (inside && lane < ${rows}u && first + lane < p.m) {
        let start = lane * ${size}u + thread - lane;
        var sum = 0.0;
        for (var i = 0u; i < ${lanes}u; i += each) { sum += sums[start + i]; }
        store(first + lane, column, sum);
      }`,
  });
}
