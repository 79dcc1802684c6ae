// What argMax, topK and logSumExp have in common: a kernel with one workgroup of 256 invocations for each row of logits, each
// with every 256th entry. Choosing where the logits are is why a step of a search reads only a few numbers.
import type { Dim, Node } from "@glimpsejs/graph";
import { type Binding, groupsFor, type Kernel, kernel } from "../kernel.ts";
import type { Lowering } from "../lowering.ts";
import { product } from "../size.ts";
import { copyOf } from "./elementwise.ts";
import { plainOutputs } from "./plain-outputs.ts";

const size = 256;

/** WGSL that does something with each half of the invocations that are left, until one has what all had. */
const halving = (step: string) => `
  for (var half = ${size / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      ${step}
    }
  }
  workgroupBarrier();`;

// Bits tell what arithmetic may not: compilers are free to assume that there are no NaN and infinities. Of a row, "seen" has
// bit 1 if something is finite, bit 2 if there is a NaN or +∞.
const declarations = `
const lowest = -3.4028234663852886e38;
const nowhere = 0xffffffffu;
fn seenOf(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  if ((bits & 0x7f800000u) != 0x7f800000u) { return 1u; }
  return select(2u, 0u, bits == 0xff800000u);
}
// An entry that is −∞ counts as the lowest number, and one that is bad as anything: the row is bad then.
fn counted(entry: f32) -> f32 { return select(lowest, entry, seenOf(entry) == 1u); }
fn beats(a: f32, ai: u32, b: f32, bi: u32) -> bool { return a > b || (a == b && ai < bi); }
var<workgroup> values: array<f32, ${size}>;
var<workgroup> places: array<u32, ${size}>;
var<workgroup> seen: atomic<u32>;
// After it, values[0] and places[0] are the best of all.
fn best(thread: u32) {${halving(`let other = thread + half;
      if (beats(values[other], places[other], values[thread], places[thread])) {
        values[thread] = values[other];
        places[thread] = places[other];
      }`)}
}
// After it, values[0] is the sum of all.
fn total(thread: u32) {${halving("values[thread] += values[thread + half];")}
}`;

/** Entries that are read before the first of them is looked at. */
const together = 8;

/**
 * WGSL that does `body` for every `entry`, at i of its row, of the invocation's share. There is one workgroup for a row, so
 * its time is that of waiting for memory: several entries are on their way at once.
 */
export function forShare(body: string): string {
  return `for (var first = thread; first < p.v; first += ${together * size}u) {
        var entries: array<f32, ${together}>;
        for (var e = 0u; e < ${together}u; e++) { entries[e] = x[start + min(first + e * ${size}u, p.v - 1u)]; }
        for (var e = 0u; e < ${together}u; e++) {
          let i = first + e * ${size}u;
          let entry = entries[e];
          if (i < p.v) { ${body} }
        }
      }`;
}

/** A kernel over rows: its body sees `row` and `start`, where the row begins in x. */
export function rowKernel(name: string, params: readonly string[], outputs: readonly Binding[], body: string): Kernel {
  return kernel({
    name,
    params: ["rows", "v", "x0", ...params],
    bindings: [{ name: "x" }, ...outputs.map((output): Binding => ({ ...output, access: "write" }))],
    size,
    declarations,
    body: `
      let row = group.y * groups.x + group.x;
      if (row >= p.rows) { return; }
      let start = p.x0 + row * p.v;${body}`,
  });
}

/** Dispatches a {@link rowKernel} over x [R, V]; `offsets` are the names of the parameters that say where outputs begin. */
export function dispatchRows(
  l: Lowering,
  node: Node<"argMax" | "topK" | "logSumExp">,
  text: Kernel,
  offsets: readonly string[],
  params: Readonly<Record<string, Dim>> = {},
): void {
  const x = l.contiguous(l.read(node.inputs.x), copyOf(l, node.path));
  const [rows = 1, v = 1] = x.shape;
  const { views, copyBack } = plainOutputs(l, node);
  l.dispatch({
    kernel: text,
    op: node.op,
    path: node.path,
    buffers: [x.buffer, ...views.map(({ buffer }) => buffer)],
    params: {
      ...{ rows, v, x0: x.offset },
      ...Object.fromEntries(offsets.map((name, i) => [name, views[i]?.offset ?? 0])),
      ...params,
    },
    groups: groupsFor(l.bound(rows)),
    flops: product([rows, v]),
  });
  copyBack();
}
