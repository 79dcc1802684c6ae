// What the attention kernels have in common: the operands of one attention, and the text that the fused ones read keys,
// values and the mask with, whatever segments they come in.
import { addDims, type Dim, mulDims } from "@glimpsejs/graph";
import type { Binding } from "../kernel.ts";
import type { BufferId, Rows, View } from "../view.ts";

/** Keys and values [B, H, T, d] of one segment. */
export interface Segment {
  readonly key: View;
  readonly value: View;
  readonly length: Dim;
}

/** One attention with all its operands found. */
export interface AttentionCall {
  readonly path: string;
  readonly heads: number;
  readonly headSize: number;
  readonly batch: number;
  readonly rows: number;
  readonly segments: readonly Segment[];
  readonly total: Dim;
  /** Rows on the grid [B, S]. */
  readonly query: Rows;
  readonly output: Rows;
  /** Of the last segment, contiguous. */
  readonly mask: View | undefined;
}

/** Bindings, parameters and text that the fused kernels share. */
export interface AttentionText {
  readonly bindings: readonly Binding[];
  readonly buffers: readonly BufferId[];
  readonly params: Readonly<Record<string, Dim>>;
  /** `key4(batch, head, t, i)`, `value4(…)` and `bias(batch, row, t)`, t counted over all segments. */
  readonly declarations: string;
  readonly flops: Dim;
}

/** Writes the shared text. Buffers that several operands share are bound once. */
export function attentionText(call: AttentionCall): AttentionText {
  const { segments, query, output, mask, batch, heads, headSize, rows, total } = call;
  const bindings: Binding[] = [];
  const buffers: BufferId[] = [];
  const named = new Map<BufferId, string>();
  const bind = (buffer: BufferId, name: string, binding: Omit<Binding, "name">): string => {
    const known = named.get(buffer);
    if (known !== undefined) return known;
    named.set(buffer, name);
    bindings.push({ name, ...binding });
    buffers.push(buffer);
    return name;
  };
  const params: Record<string, Dim> = { rows, heads, total, q0: query.offset, qBatch: query.batch, qRow: query.row };
  Object.assign(params, { y0: output.offset, yBatch: output.batch, yRow: output.row });
  const q = bind(query.buffer, "q", { type: "vec4f" });
  const reader = (kind: "key" | "value"): string => {
    let start: Dim = 0;
    const branches = segments.map((segment, i) => {
      const view = segment[kind];
      const [vBatch = 0, vHead = 0, vRow = 0] = view.strides;
      const id = `${kind[0]}${i}`;
      const name = bind(view.buffer, id, { type: "vec4f" });
      Object.assign(params, {
        [`${id}At`]: view.offset,
        [`${id}Batch`]: vBatch,
        [`${id}Head`]: vHead,
        [`${id}Row`]: vRow,
      });
      const t = i === 0 ? "t" : `(t - p.start${i})`;
      if (i > 0) params[`start${i}`] = start;
      start = addDims(start, segment.length);
      const at = `(p.${id}At + batch * p.${id}Batch + head * p.${id}Head + ${t} * p.${id}Row) / 4u + i`;
      const read = `return ${name}[${at}];`;
      return i === segments.length - 1 ? read : `if (t < p.start${i + 1}) { ${read} }`;
    });
    return `fn ${kind}4(batch: u32, head: u32, t: u32, i: u32) -> vec4f {\n  ${branches.join("\n  ")}\n}`;
  };
  const readers = [reader("key"), reader("value")];
  let bias = "fn bias(batch: u32, row: u32, t: u32) -> f32 { return 0.0; }";
  if (mask !== undefined) {
    const name = bind(mask.buffer, "mask", {});
    const last = segments.at(-1)?.length ?? 0;
    Object.assign(params, {
      mask0: mask.offset,
      maskRow: last,
      maskStart: segments.slice(0, -1).reduce((sum: Dim, s) => addDims(sum, s.length), 0),
    });
    bias = `fn bias(batch: u32, row: u32, t: u32) -> f32 {
  if (t < p.maskStart) { return 0.0; }
  return ${name}[p.mask0 + (batch * p.rows + row) * p.maskRow + t - p.maskStart];
}`;
  }
  bindings.push({ name: "y", type: "vec4f", access: "write" });
  buffers.push(output.buffer);
  const query4 = `fn query4(batch: u32, head: u32, row: u32, i: u32) -> vec4f {
  return ${q}[(p.q0 + batch * p.qBatch + row * p.qRow + head * ${headSize}u) / 4u + i] * ${1 / Math.sqrt(headSize)};
}
fn store(batch: u32, head: u32, row: u32, i: u32, value: vec4f) {
  y[(p.y0 + batch * p.yBatch + row * p.yRow + head * ${headSize}u) / 4u + i] = value;
}`;
  return {
    bindings,
    buffers,
    params,
    declarations: [...readers, bias, query4].join("\n"),
    flops: mulDims(4 * batch * heads * rows * headSize, total),
  };
}
