// Attention for a few rows: one workgroup per row and head. Keys go by in blocks of 256, a score per invocation, with the
// softmax kept up to date (its maximum and sum), so that any number of keys will do; the values of a block are then summed
// by invocations side by side along the head and in turns along the block.
import { kernel } from "../kernel.ts";
import type { Lowering } from "../lowering.ts";
import { type AttentionCall, attentionText } from "./attention-call.ts";

const size = 256;

/** The dispatch of an attention with few rows. */
export function attentionRows(l: Lowering, call: AttentionCall): void {
  const { path, batch, heads, rows, headSize } = call;
  const { bindings, buffers, params, declarations, flops } = attentionText(call);
  const chunks = headSize / 4;
  const turns = Math.floor(size / chunks);
  const text = kernel({
    name: `attention rows of ${headSize}, ${call.segments.length} segments${call.mask === undefined ? "" : ", mask"}`,
    params: Object.keys(params),
    bindings,
    size,
    declarations: `
${declarations}
var<workgroup> query: array<vec4f, ${chunks}>;
var<workgroup> scores: array<f32, ${size}>;
var<workgroup> shared_values: array<f32, ${size}>;
var<workgroup> sums: array<vec4f, ${size}>;
fn reduced(thread: u32, value: f32, isMax: bool) -> f32 {
  workgroupBarrier();
  shared_values[thread] = value;
  for (var half = ${size / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      let other = shared_values[thread + half];
      shared_values[thread] = select(shared_values[thread] + other, max(shared_values[thread], other), isMax);
    }
  }
  workgroupBarrier();
  return shared_values[0];
}`,
    body: `
      let row = group.x;
      let head = group.y;
      let batch = group.z;
      if (thread < ${chunks}u) { query[thread] = query4(batch, head, row, thread); }
      workgroupBarrier();
      let chunk = thread % ${chunks}u;
      let turn = thread / ${chunks}u;
      var most = -3.4e38;
      var weight = 0.0;
      var sum = vec4f(0.0);
      for (var base = 0u; base < p.total; base += ${size}u) {
        let t = base + thread;
        var score = -3.4e38;
        if (t < p.total) {
          score = bias(batch, row, t);
          for (var i = 0u; i < ${chunks}u; i++) { score += dot(query[i], key4(batch, head, t, i)); }
        }
        let newMost = max(most, reduced(thread, score, true));
        let probability = select(0.0, exp(score - newMost), t < p.total);
        scores[thread] = probability;
        let scale = exp(most - newMost);
        weight = weight * scale + reduced(thread, probability, false);
        most = newMost;
        sum *= scale;
        if (turn < ${turns}u) {
          let count = min(${size}u, p.total - base);
          for (var j = turn; j < count; j += ${turns}u) { sum += scores[j] * value4(batch, head, base + j, chunk); }
        }
      }
      sums[thread] = sum;
      workgroupBarrier();
      if (thread < ${chunks}u) {
        for (var j = 1u; j < ${turns}u; j++) { sum += sums[j * ${chunks}u + thread]; }
        store(batch, head, row, thread, select(vec4f(0.0), sum / weight, weight > 0.0));
      }`,
  });
  l.dispatch({ kernel: text, op: "attention", path, buffers, params, groups: [rows, heads, batch], flops });
}
