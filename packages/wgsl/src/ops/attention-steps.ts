// Attention in separate steps: scores of each segment, softmax, and the sum of values of each segment. It is for results
// that the fused kernels do not give: probabilities, head masks, relative positions, any head size and any number of
// segments. forward() with attentions and checkpoints with relative positions run here.
import { addDims, type Dim, mulDims, type Node } from "@glimpsejs/graph";
import { elementIndex, groupsFor, kernel } from "../kernel.ts";
import type { Lowering } from "../lowering.ts";
import { ceilDivide, product } from "../size.ts";
import { isContiguous, type View } from "../view.ts";
import type { AttentionCall, Segment } from "./attention-call.ts";
import { copyOf, copyTo } from "./elementwise.ts";

const size = 64;

/** The dispatches of an attention; `wanted` is where its probabilities [B, H, S, T] are to be written. */
export function attentionSteps(
  l: Lowering,
  node: Node<"attention">,
  call: AttentionCall,
  wanted: View | undefined,
): void {
  const { path, batch, heads, rows, total, segments } = call;
  const shape = [batch, heads, rows, total];
  const probabilities = wanted !== undefined && isContiguous(wanted) ? wanted : l.temporary(shape);
  let start: Dim = 0;
  for (const [i, segment] of segments.entries()) {
    scores(l, node, call, probabilities, { segment, start, mask: i === segments.length - 1 ? call.mask : undefined });
    start = addDims(start, segment.length);
  }
  if (segments.length > 0) softmax(l, node, call, probabilities);
  if (segments.length === 0) zero(l, call);
  start = 0;
  for (const [i, segment] of segments.entries()) {
    context(l, call, probabilities, { segment, start, isFirst: i === 0 });
    start = addDims(start, segment.length);
  }
  if (wanted !== undefined && probabilities !== wanted) copyTo(l, probabilities, wanted, path);
}

interface Part {
  readonly segment: Segment;
  readonly start: Dim;
}

/** Scores of one segment: (q·k + relative terms) / √d + mask → [B, H, S, start … start + T] */
function scores(
  l: Lowering,
  node: Node<"attention">,
  call: AttentionCall,
  output: View,
  { segment, start, mask }: Part & { readonly mask: View | undefined },
): void {
  const { path, batch, heads, headSize, rows, total, query } = call;
  const { distances, queryPositions, keyPositions } = node.inputs;
  const { relative } = node.attributes;
  const copy = copyOf(l, path);
  const views = [distances, queryPositions, keyPositions].map((name) =>
    name === undefined ? undefined : l.contiguous(l.read(name), copy),
  );
  const [table, queryAt, keyAt] = views;
  const isRelative = table !== undefined && queryAt !== undefined && keyAt !== undefined;
  const { key, length } = segment;
  const [kBatch = 0, kHead = 0, kRow = 0, kElement = 1] = key.strides;
  const params = {
    count: mulDims(batch * heads * rows, length),
    ...{ rows, heads, length, total, start, q0: query.offset, qBatch: query.batch, qRow: query.row },
    ...{ k0: key.offset, kBatch, kHead, kRow, kElement, y0: output.offset },
    ...(mask === undefined ? {} : { mask0: mask.offset }),
    ...(isRelative
      ? {
          table0: table.offset,
          queryAt0: queryAt.offset,
          keyAt0: keyAt.offset,
          middle: (l.bound(table.shape[0] ?? 1) - 1) / 2,
        }
      : {}),
  };
  const text = kernel({
    name: `attention scores of ${headSize}${mask === undefined ? "" : ", mask"}${isRelative ? `, relative ${relative}` : ""}`,
    params: Object.keys(params),
    bindings: [
      { name: "q" },
      { name: "k" },
      ...(mask === undefined ? [] : [{ name: "mask" }]),
      ...(isRelative ? [{ name: "table" }, { name: "queryAt", type: "i32" }, { name: "keyAt", type: "i32" }] : []),
      { name: "y", access: "write" as const },
    ],
    size,
    body: `
      let i = ${elementIndex(size)};
      if (i >= p.count) { return; }
      let t = i % p.length;
      let line = i / p.length;
      let row = line % p.rows;
      let head = (line / p.rows) % p.heads;
      let batch = line / p.rows / p.heads;
      let qStart = p.q0 + batch * p.qBatch + row * p.qRow + head * ${headSize}u;
      let kStart = p.k0 + batch * p.kBatch + head * p.kHead + t * p.kRow;
      ${
        isRelative
          ? `let distance = queryAt[p.queryAt0 + batch * p.rows + row] - keyAt[p.keyAt0 + batch * p.total + p.start + t];
      let tableStart = p.table0 + u32(distance + i32(p.middle)) * ${headSize}u;`
          : ""
      }
      var score = 0.0;
      for (var c = 0u; c < ${headSize}u; c++) {
        let a = q[qStart + c];
        let b = k[kStart + c * p.kElement];
        ${
          isRelative
            ? `let d = table[tableStart + c];
        score += a * b + a * d${relative === "key_query" ? " + b * d" : ""};`
            : "score += a * b;"
        }
      }
      score *= ${1 / Math.sqrt(headSize)};
      ${mask === undefined ? "" : "score += mask[p.mask0 + (batch * p.rows + row) * p.length + t];"}
      y[p.y0 + line * p.total + p.start + t] = score;`,
  });
  const buffers = [
    ...[query.buffer, key.buffer, ...(mask === undefined ? [] : [mask.buffer])],
    ...(isRelative ? [table.buffer, queryAt.buffer, keyAt.buffer] : []),
    output.buffer,
  ];
  const groups = groupsFor(ceilDivide(l.bound(params.count), size));
  l.dispatch({
    kernel: text,
    op: "attention",
    path,
    buffers,
    params,
    groups,
    flops: mulDims(2 * headSize, params.count),
  });
}

/** softmax of each row in place, then times the head's mask. */
function softmax(l: Lowering, node: Node<"attention">, call: AttentionCall, output: View): void {
  const { path, batch, heads, rows, total } = call;
  const { headMask } = node.inputs;
  const mask = headMask === undefined ? undefined : l.contiguous(l.read(headMask), copyOf(l, path));
  const params = {
    ...{ lines: batch * heads * rows, rows, heads, total, y0: output.offset },
    ...(mask === undefined ? {} : { mask0: mask.offset }),
  };
  const text = kernel({
    name: `softmax${mask === undefined ? "" : ", head mask"}`,
    params: Object.keys(params),
    bindings: [...(mask === undefined ? [] : [{ name: "mask" }]), { name: "y", access: "read-write" as const }],
    size,
    declarations: `
var<workgroup> partial: array<f32, ${size}>;
fn reduced(thread: u32, value: f32, isMax: bool) -> f32 {
  workgroupBarrier();
  partial[thread] = value;
  for (var half = ${size / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      let other = partial[thread + half];
      partial[thread] = select(partial[thread] + other, max(partial[thread], other), isMax);
    }
  }
  workgroupBarrier();
  return partial[0];
}`,
    body: `
      let line = group.y * groups.x + group.x;
      if (line >= p.lines) { return; }
      let start = p.y0 + line * p.total;
      var most = -3.4e38;
      for (var t = thread; t < p.total; t += ${size}u) { most = max(most, y[start + t]); }
      most = reduced(thread, most, true);
      var sum = 0.0;
      for (var t = thread; t < p.total; t += ${size}u) {
        let weight = exp(y[start + t] - most);
        y[start + t] = weight;
        sum += weight;
      }
      sum = reduced(thread, sum, false);
      ${mask === undefined ? "let factor = 1.0 / sum;" : "let factor = mask[p.mask0 + (line / p.rows) % p.heads] / sum;"}
      for (var t = thread; t < p.total; t += ${size}u) { y[start + t] *= factor; }`,
  });
  const buffers = [...(mask === undefined ? [] : [mask.buffer]), output.buffer];
  const flops = mulDims(4 * params.lines, total);
  l.dispatch({ kernel: text, op: "attention", path, buffers, params, groups: groupsFor(params.lines), flops });
}

/** Adds probabilities · values of one segment to the context [B, S, H·d]; the first segment begins it. */
function context(
  l: Lowering,
  call: AttentionCall,
  probabilities: View,
  { segment, start, isFirst }: Part & { readonly isFirst: boolean },
): void {
  const { path, batch, heads, headSize, rows, total, output } = call;
  const { value, length } = segment;
  const [vBatch = 0, vHead = 0, vRow = 0, vElement = 1] = value.strides;
  const params = {
    count: batch * rows * heads * headSize,
    ...{ rows, heads, length, total, start, p0: probabilities.offset, v0: value.offset, vBatch, vHead, vRow, vElement },
    ...{ y0: output.offset, yBatch: output.batch, yRow: output.row },
  };
  const text = kernel({
    name: `attention context of ${headSize}${isFirst ? "" : ", more"}`,
    params: Object.keys(params),
    bindings: [{ name: "probabilities" }, { name: "v" }, { name: "y", access: isFirst ? "write" : "read-write" }],
    size,
    body: `
      let i = ${elementIndex(size)};
      if (i >= p.count) { return; }
      let c = i % ${headSize}u;
      let head = (i / ${headSize}u) % p.heads;
      let line = i / ${headSize}u / p.heads;
      let row = line % p.rows;
      let batch = line / p.rows;
      let pStart = p.p0 + ((batch * p.heads + head) * p.rows + row) * p.total + p.start;
      let vStart = p.v0 + batch * p.vBatch + head * p.vHead + c * p.vElement;
      let at = p.y0 + batch * p.yBatch + row * p.yRow + head * ${headSize}u + c;
      var sum = ${isFirst ? "0.0" : "y[at]"};
      for (var t = 0u; t < p.length; t++) { sum += probabilities[pStart + t] * v[vStart + t * p.vRow]; }
      y[at] = sum;`,
  });
  const buffers = [probabilities.buffer, value.buffer, output.buffer];
  const groups = groupsFor(ceilDivide(params.count, size));
  l.dispatch({
    kernel: text,
    op: "attention",
    path,
    buffers,
    params,
    groups,
    flops: mulDims(2 * params.count, length),
  });
}

/** A context of zeros, for no keys at all. */
function zero(l: Lowering, { path, batch, rows, heads, headSize, output }: AttentionCall): void {
  const count = product([batch, rows, heads, headSize]);
  const params = { count, rows, width: heads * headSize, y0: output.offset, yBatch: output.batch, yRow: output.row };
  const text = kernel({
    name: "zero rows",
    params: Object.keys(params),
    bindings: [{ name: "y", access: "write" }],
    size,
    body: `
      let i = ${elementIndex(size)};
      if (i >= p.count) { return; }
      let line = i / p.width;
      y[p.y0 + (line / p.rows) * p.yBatch + (line % p.rows) * p.yRow + i % p.width] = 0.0;`,
  });
  const groups = groupsFor(ceilDivide(l.bound(count), size));
  l.dispatch({ kernel: text, op: "attention", path, buffers: [output.buffer], params, groups });
}
