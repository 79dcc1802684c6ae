// Attention for many rows: one workgroup per head and 16 rows. Keys, then values, of a tile go through workgroup memory;
// sixteen invocations share a row, first each with some of the keys, then each with some of the head. The softmax is kept
// up to date from tile to tile.
import { kernel } from "../kernel.ts";
import type { Lowering } from "../lowering.ts";
import { ceilDivide } from "../size.ts";
import { type AttentionCall, attentionText } from "./attention-call.ts";

const rowsOfTile = 16;
const size = 16 * rowsOfTile;
const memory = 16_384; // bytes, what WebGPU gives every workgroup

/** Keys of a tile: what fits beside the queries and the scores. */
function tileKeys(headSize: number): number {
  let keys = 32;
  while (4 * (rowsOfTile * headSize + keys * headSize + rowsOfTile * keys) > memory) keys /= 2;
  return keys;
}

/** The dispatch of an attention with many rows. */
export function attentionTiles(l: Lowering, call: AttentionCall): void {
  const { path, batch, heads, rows, headSize } = call;
  const { bindings, buffers, params, declarations, flops } = attentionText(call);
  const chunks = headSize / 4;
  const keys = tileKeys(headSize);
  const own = Array.from({ length: Math.ceil(chunks / 16) }, (_, i) => i);
  const inside = (i: number) => (16 * (i + 1) <= chunks ? "" : `if (lane + ${16 * i}u < ${chunks}u) `);
  const text = kernel({
    name: `attention tiles of ${headSize}, ${call.segments.length} segments${call.mask === undefined ? "" : ", mask"}`,
    params: Object.keys(params),
    bindings,
    size,
    declarations: `
${declarations}
var<workgroup> query: array<vec4f, ${rowsOfTile * chunks}>;
var<workgroup> tile: array<vec4f, ${keys * chunks}>;
var<workgroup> scores: array<f32, ${rowsOfTile * keys}>;`,
    body: `
      let head = group.y;
      let batch = group.z;
      let lane = thread % 16u;
      let line = thread / 16u;
      let row = min(group.x * ${rowsOfTile}u + line, p.rows - 1u);
      for (var i = lane; i < ${chunks}u; i += 16u) { query[line * ${chunks}u + i] = query4(batch, head, row, i); }
      var most = -3.4e38;
      var weight = 0.0;
      ${own.map((i) => `var sum${i} = vec4f(0.0);`).join(" ")}
      for (var base = 0u; base < p.total; base += ${keys}u) {
        let count = min(${keys}u, p.total - base);
        workgroupBarrier();
        for (var i = thread; i < count * ${chunks}u; i += ${size}u) {
          tile[i] = key4(batch, head, base + i / ${chunks}u, i % ${chunks}u);
        }
        workgroupBarrier();
        for (var j = lane; j < count; j += 16u) {
          var score = bias(batch, row, base + j);
          for (var i = 0u; i < ${chunks}u; i++) { score += dot(query[line * ${chunks}u + i], tile[j * ${chunks}u + i]); }
          scores[line * ${keys}u + j] = score;
        }
        workgroupBarrier();
        for (var i = thread; i < count * ${chunks}u; i += ${size}u) {
          tile[i] = value4(batch, head, base + i / ${chunks}u, i % ${chunks}u);
        }
        var newMost = most;
        for (var j = 0u; j < count; j++) { newMost = max(newMost, scores[line * ${keys}u + j]); }
        let scale = exp(most - newMost);
        most = newMost;
        weight *= scale;
        ${own.map((i) => `sum${i} *= scale;`).join(" ")}
        workgroupBarrier();
        for (var j = 0u; j < count; j++) {
          let probability = exp(scores[line * ${keys}u + j] - most);
          weight += probability;
          ${own.map((i) => `${inside(i)}{ sum${i} += probability * tile[j * ${chunks}u + lane + ${16 * i}u]; }`).join("\n          ")}
        }
      }
      if (group.x * ${rowsOfTile}u + line < p.rows) {
        let factor = select(0.0, 1.0 / weight, weight > 0.0);
        ${own.map((i) => `${inside(i)}{ store(batch, head, row, lane + ${16 * i}u, sum${i} * factor); }`).join("\n        ")}
      }`,
  });
  const groups = [ceilDivide(rows, rowsOfTile), heads, batch] as const;
  l.dispatch({ kernel: text, op: "attention", path, buffers, params, groups, flops });
}
