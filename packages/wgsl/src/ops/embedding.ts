// embedding and gatherRows: rows picked by numbers that are on the device, so that a token that one step chose is looked up
// by the next without the host seeing it.
import type { Dim, Node } from "@glimpsejs/graph";
import { elementIndex, groupsFor, kernel } from "../kernel.ts";
import type { Lowering } from "../lowering.ts";
import { ceilDivide, product } from "../size.ts";
import { isContiguous, type View } from "../view.ts";
import type { WeightFormat } from "../weights.ts";
import { copyOf, copyTo } from "./elementwise.ts";

const size = 64;

/** The element type of the buffer of a table. */
export function tableType(format: WeightFormat): string {
  return format === "f16" ? "u32" : "f32";
}

/** `fn name_at(index: u32) -> f32`, an element of a table. */
export function tableText(format: WeightFormat, name: string): string {
  return format === "f16"
    ? `fn ${name}_at(index: u32) -> f32 { return unpack2x16float(${name}[index / 2u])[index % 2u]; }`
    : `fn ${name}_at(index: u32) -> f32 { return ${name}[index]; }`;
}

/** embedding: rows of a table. */
export function embedding(l: Lowering, node: Node<"embedding">): void {
  const weight = l.weight(node.inputs.table);
  const table = weight ?? l.contiguous(l.read(node.inputs.table), copyOf(l, node.path));
  pick(l, node, { ...table, format: weight?.format ?? "f32" }, l.read(node.inputs.ids));
}

/** gatherRows: rows of a value. */
export function gatherRows(l: Lowering, node: Node<"gatherRows">): void {
  const table = l.contiguous(l.read(node.inputs.x), copyOf(l, node.path));
  pick(l, node, { ...table, format: "f32" }, l.read(node.inputs.rows));
}

interface Table {
  readonly buffer: number;
  readonly offset: Dim;
  readonly format: WeightFormat;
}

function pick(l: Lowering, node: Node<"embedding" | "gatherRows">, table: Table, idsView: View): void {
  const [name = ""] = node.outputs;
  const ids = l.contiguous(idsView, copyOf(l, node.path));
  const shape = l.shape(name);
  const target = l.write(name);
  const output = isContiguous(target) ? target : l.temporary(shape);
  const params = {
    count: product(shape),
    width: shape.at(-1) ?? 1,
    t0: table.offset,
    ids0: ids.offset,
    y0: output.offset,
  };
  const text = kernel({
    name: `rows by number ${table.format}`,
    params: Object.keys(params),
    bindings: [
      { name: "t", type: tableType(table.format) },
      { name: "ids", type: "i32" },
      { name: "y", access: "write" },
    ],
    size,
    declarations: tableText(table.format, "t"),
    body: `
      let i = ${elementIndex(size)};
      if (i >= p.count) { return; }
      let row = u32(ids[p.ids0 + i / p.width]);
      y[p.y0 + i] = t_at(p.t0 + row * p.width + i % p.width);`,
  });
  const groups = groupsFor(ceilDivide(l.elements(shape), size));
  l.dispatch({
    kernel: text,
    op: node.op,
    path: node.path,
    buffers: [table.buffer, ids.buffer, output.buffer],
    params,
    groups,
  });
  if (output !== target) copyTo(l, output, target, node.path);
}
