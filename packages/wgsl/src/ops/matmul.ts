// matmul: the tiled matrix product for many rows. A workgroup of 16 × 16 computes 16, 32 or 64 rows by 64 columns; K goes
// by in steps of 16 through workgroup memory, each invocation keeping 1, 2 or 4 rows of 4 sums in registers. 197 rows fill
// tiles of 32 better than tiles of 64 (224 against 256 rows computed).
import { type Kernel, kernel } from "../kernel.ts";
import { ceilDivide } from "../size.ts";
import { type ProductParts, productBindings, productParams } from "./gemv.ts";
import { rowText, weightText } from "./operands.ts";

/** Columns of a tile. */
export const tileColumns = 64;

/** Rows of a tile for a product of `rows` rows: the largest that computes at most a tenth more rows than the smaller. */
export function tileRows(rows: number): 16 | 32 | 64 {
  const computed = (tile: number) => tile * ceilDivide(rows, tile);
  if (computed(64) <= 1.1 * computed(32)) return 64;
  return computed(32) <= 1.1 * computed(16) ? 32 : 16;
}

/** The kernel for tiles of `tile` rows. */
export function matmul(parts: ProductParts, tile: 16 | 32 | 64): Kernel {
  const { source, format, vector, store } = parts;
  const own = Array.from({ length: tile / 16 }, (_, i) => i);
  const step = 16;
  return kernel({
    name: `matmul ${tile} × ${tileColumns} ${source === "patches" ? "patches " : ""}${format}${vector ? "" : " scalar"}`,
    params: productParams(parts),
    bindings: productBindings(parts),
    size: 256,
    declarations: `
${rowText(source, vector)}
${weightText(format, vector)}
${store.declarations}
var<workgroup> xs: array<f32, ${step * tile}>;
var<workgroup> ws: array<f32, ${step * tileColumns}>;`,
    body: `
      let left = group.x * ${tileColumns}u;
      let top = group.y * ${tile}u;
      let tx = thread % 16u;
      let ty = thread / 16u;
      let row = top + thread / 4u;
      let column = left + thread / 4u;
      let xRow = xStart(min(row, p.m - 1u));
      let wColumn = wStart(min(column, p.n - 1u));
      let k4Own = thread % 4u;
      let chunks = (p.k + 3u) / 4u;
      ${own.map((i) => `var sum${i} = vec4f(0.0);`).join(" ")}
      for (var k4 = 0u; k4 < chunks; k4 += 4u) {
        let at = k4 + k4Own;
        let k = 4u * k4Own;
        ${tile === 64 ? "{" : `if (thread < ${4 * tile}u) {`}
          var value = vec4f(0.0);
          if (at < chunks && row < p.m) { value = x4(xRow, at); }
          let i = thread / 4u;
          for (var c = 0u; c < 4u; c++) { xs[(k + c) * ${tile}u + i] = value[c]; }
        }
        {
          var value = vec4f(0.0);
          if (at < chunks && column < p.n) { value = w4(wColumn, at); }
          let i = thread / 4u;
          for (var c = 0u; c < 4u; c++) { ws[(k + c) * ${tileColumns}u + i] = value[c]; }
        }
        workgroupBarrier();
        for (var i = 0u; i < ${step}u; i++) {
          let at = i * ${tileColumns}u + tx * 4u;
          let w = vec4f(ws[at], ws[at + 1u], ws[at + 2u], ws[at + 3u]);
          ${own.map((i) => `sum${i} += xs[i * ${tile}u + ty * ${tile / 16}u + ${i}u] * w;`).join("\n          ")}
        }
        workgroupBarrier();
      }
      for (var i = 0u; i < ${4 * own.length}u; i++) {
        let m = top + ty * ${tile / 16}u + i / 4u;
        let n = left + tx * 4u + i % 4u;
        var sum = sum0;
        ${own
          .slice(1)
          .map((j) => `if (i / 4u == ${j}u) { sum = sum${j}; }`)
          .join("\n        ")}
        if (m < p.m && n < p.n) { store(m, n, sum[i % 4u]); }
      }`,
  });
}
