// layerNorm: one workgroup per row, mean first and then the variance around it, so that rows of nearly equal numbers
// stay right. Each invocation reads its share of the row once and keeps it. A row may be the sum of two, each of them a
// row of a value or of a table by id: the decoder's text embeddings are one dispatch.
import { type Dim, mulDims } from "@glimpsejs/graph";
import type { NormSource, NormStep } from "../fuse.ts";
import { type Binding, groupsFor, kernel } from "../kernel.ts";
import type { Lowering } from "../lowering.ts";
import { product } from "../size.ts";
import { type RowGrid, rowGrid } from "../view.ts";
import { copyOf } from "./elementwise.ts";
import { tableText, tableType } from "./embedding.ts";

/** Invocations for a row: a step of the decoder has one row, and its time is that of waiting for memory. */
const sizeFor = (width: number) => (width < 256 ? 64 : 256);

/** The layerNorm of a step. */
export function layerNorm(l: Lowering, step: NormStep): void {
  const copy = copyOf(l, step.path);
  const shape = l.shape(step.output);
  const leading = shape.slice(0, -1);
  const width = l.bound(shape.at(-1) ?? 1);
  const size = sizeFor(width);
  const { subgroups } = l.features;
  const reduce = subgroups !== undefined;
  const output = l.write(step.output);
  const views = step.sources.flatMap((source) => ("x" in source ? [l.read(source.x)] : []));
  const grid = rowGrid([...views, output], leading);
  const to = l.rows(output, grid, () => output);
  const bindings: Binding[] = [];
  const buffers: number[] = [];
  const params: Record<string, Dim> = { rows: product(leading), s: grid.perBatch, width };
  const texts = step.sources.map((source, i) =>
    sourceText(l, source, "ab"[i] ?? "", { bindings, buffers, params, grid, copy }),
  );
  const value = `(${texts.map((text) => text.value).join(" + ")})`;
  const weight = l.contiguous(l.read(step.weight), copy);
  const bias = l.contiguous(l.read(step.bias), copy);
  Object.assign(params, { w0: weight.offset, bias0: bias.offset, y0: to.offset, yBatch: to.batch, yRow: to.row });
  const share = Math.ceil(width / size);
  const forShare = (body: string) =>
    `for (var e = 0u; e < ${share}u; e++) {
        let i = thread + e * ${size}u;
        if (i < p.width) { ${body} }
      }`;
  const text = kernel({
    name: `layerNorm of ${step.sources.map((source) => ("x" in source ? "rows" : "embedding")).join(" + ")}`,
    params: Object.keys(params),
    bindings: [...bindings, { name: "w" }, { name: "bias" }, { name: "y", access: "write" }],
    size,
    subgroups: reduce,
    declarations: `
${texts.map(({ declaration }) => declaration).join("\n")}
var<workgroup> partial: array<f32, ${size}>;
${reduce ? subgroupTotal(size) : treeTotal(size)}`,
    body: `
      let row = group.y * groups.x + group.x;
      if (row >= p.rows) { return; }
      let batch = row / p.s;
      let r = row % p.s;
      ${texts.map(({ setup }) => setup).join("\n      ")}
      // Counted from the first element, so that a mean that is large beside the deviations costs no digits.
      var shift = 0.0;
      { let i = 0u; shift = ${value}; }
      var own: array<f32, ${share}>;
      var sum = 0.0;
      ${forShare(`own[e] = ${value} - shift; sum += own[e];`)}
      let each = ${reduce ? "subgroup_size" : "1u"};
      let mean = total(thread, each, sum) / f32(p.width);
      var squares = 0.0;
      ${forShare("own[e] -= mean; squares += own[e] * own[e];")}
      let scale = 1.0 / sqrt(total(thread, each, squares) / f32(p.width) + ${float(step.epsilon)});
      let start = p.y0 + batch * p.yBatch + r * p.yRow;
      ${forShare("y[start + i] = own[e] * scale * w[p.w0 + i] + bias[p.bias0 + i];")}`,
  });
  l.dispatch({
    kernel: text,
    op: "layerNorm",
    path: step.path,
    buffers: [...buffers, weight.buffer, bias.buffer, output.buffer],
    params,
    groups: groupsFor(l.bound(product(leading))),
    flops: mulDims(7, product(shape)),
  });
}

/** The sum of `value` over a workgroup: in subgroups of `each` invocations, then of what those have. */
function subgroupTotal(size: number): string {
  return `
fn total(thread: u32, each: u32, value: f32) -> f32 {
  let part = subgroupAdd(value);
  workgroupBarrier();
  if (thread % each == 0u) { partial[thread] = part; }
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < ${size}u; i += each) { sum += partial[i]; }
  return sum;
}`;
}

/** The same in halves, for GPUs without subgroups. It takes `each` without need, so that one body calls either. */
function treeTotal(size: number): string {
  return `
fn total(thread: u32, each: u32, value: f32) -> f32 {
  workgroupBarrier();
  partial[thread] = value;
  for (var half = ${size / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) { partial[thread] += partial[thread + half]; }
  }
  workgroupBarrier();
  return partial[0];
}`;
}

interface SourceContext {
  readonly bindings: Binding[];
  readonly buffers: number[];
  readonly params: Record<string, Dim>;
  readonly grid: RowGrid;
  readonly copy: ReturnType<typeof copyOf>;
}

/** How a source is read: statements before the loops, and the value at column i. */
function sourceText(l: Lowering, source: NormSource, name: string, context: SourceContext) {
  const { bindings, buffers, params, grid, copy } = context;
  if ("x" in source) {
    const from = l.rows(l.read(source.x), grid, copy);
    bindings.push({ name });
    buffers.push(from.buffer);
    Object.assign(params, { [`${name}0`]: from.offset, [`${name}Batch`]: from.batch, [`${name}Row`]: from.row });
    const setup = `let ${name}Start = p.${name}0 + batch * p.${name}Batch + r * p.${name}Row;`;
    return { declaration: "", setup, value: `${name}[${name}Start + i]` };
  }
  const weight = l.weight(source.table);
  const table = weight ?? l.contiguous(l.read(source.table), copy);
  const format = weight?.format ?? "f32";
  const ids = l.contiguous(l.read(source.ids), copy);
  bindings.push({ name, type: tableType(format) }, { name: `${name}Ids`, type: "i32" });
  buffers.push(table.buffer, ids.buffer);
  Object.assign(params, { [`${name}0`]: table.offset, [`${name}Ids0`]: ids.offset });
  const setup = `let ${name}Start = p.${name}0 + u32(${name}Ids[p.${name}Ids0 + row]) * p.width;`;
  return { declaration: tableText(format, name), setup, value: `${name}_at(${name}Start + i)` };
}

/** A number as WGSL writes it. */
function float(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
