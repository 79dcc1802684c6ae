// argMax, topK, logSumExp and maskTokens: choosing tokens where the logits are, so that a step of a search reads a few
// numbers. One workgroup per row of 256 invocations, each with every 256th entry.
import type { Node } from "@glimpsejs/graph";
import { elementIndex, groupsFor, type Kernel, kernel } from "../kernel.ts";
import type { Lowering } from "../lowering.ts";
import { ceilDivide, product } from "../size.ts";
import { isContiguous, type View } from "../view.ts";
import { copyOf, copyTo } from "./elementwise.ts";

const size = 256;

// Bits tell what arithmetic may not: compilers are free to assume that there are no NaN and infinities. Of a row, "seen" has
// bit 1 if something is finite, bit 2 if there is a NaN or +∞.
const common = `
const lowest = -3.4028234663852886e38;
fn seenOf(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  if ((bits & 0x7f800000u) != 0x7f800000u) { return 1u; }
  return select(2u, 0u, bits == 0xff800000u);
}
fn beats(a: f32, ai: u32, b: f32, bi: u32) -> bool { return a > b || (a == b && ai < bi); }
var<workgroup> values: array<f32, ${size}>;
var<workgroup> places: array<u32, ${size}>;
var<workgroup> seen: atomic<u32>;
// After it, values[0] and places[0] are the best of all.
fn best(thread: u32) {
  for (var half = ${size / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      let other = thread + half;
      if (beats(values[other], places[other], values[thread], places[thread])) {
        values[thread] = values[other];
        places[thread] = places[other];
      }
    }
  }
  workgroupBarrier();
}`;

// The best entry of an invocation's share that comes after (value, place) in the order of beats().
const share = `
// An entry that is −∞ counts as the lowest number, and one that is bad as anything: the row is bad then.
fn at(start: u32, i: u32) -> f32 {
  let value = x[start + i];
  return select(lowest, value, seenOf(value) == 1u);
}`;

function argMaxKernel(): Kernel {
  return kernel({
    name: "argMax",
    params: ["rows", "v", "x0", "y0"],
    bindings: [{ name: "x" }, { name: "y", type: "i32", access: "write" }],
    size,
    declarations: common + share,
    body: `
      let row = group.y * groups.x + group.x;
      if (row >= p.rows) { return; }
      let start = p.x0 + row * p.v;
      var value = lowest;
      var place = 0xffffffffu;
      var flags = 0u;
      for (var i = thread; i < p.v; i += ${size}u) {
        let flag = seenOf(x[start + i]);
        flags |= flag;
        if (flag == 1u && beats(x[start + i], i, value, place)) {
          value = x[start + i];
          place = i;
        }
      }
      values[thread] = value;
      places[thread] = place;
      atomicOr(&seen, flags);
      best(thread);
      if (thread == 0u) { y[p.y0 + row] = select(-1, i32(places[0]), atomicLoad(&seen) == 1u); }`,
  });
}

function topKKernel(): Kernel {
  return kernel({
    name: "topK",
    params: ["rows", "v", "k", "x0", "values0", "indices0"],
    bindings: [{ name: "x" }, { name: "y", access: "write" }, { name: "indices", type: "i32", access: "write" }],
    size,
    declarations: common + share,
    body: `
      let row = group.y * groups.x + group.x;
      if (row >= p.rows) { return; }
      let start = p.x0 + row * p.v;
      var flags = 0u;
      var value = lowest;
      var place = 0xffffffffu;
      for (var i = thread; i < p.v; i += ${size}u) {
        flags |= seenOf(x[start + i]);
        if (beats(at(start, i), i, value, place)) {
          value = at(start, i);
          place = i;
        }
      }
      atomicOr(&seen, flags);
      for (var rank = 0u; rank < p.k; rank++) {
        values[thread] = value;
        places[thread] = place;
        best(thread);
        let top = values[0];
        let topPlace = places[0];
        if (thread == 0u) {
          let isGood = atomicLoad(&seen) == 1u;
          // Read again, for an entry that is −∞.
          y[p.values0 + row * p.k + rank] = x[start + min(topPlace, p.v - 1u)];
          indices[p.indices0 + row * p.k + rank] = select(-1, i32(topPlace), isGood);
        }
        workgroupBarrier();
        if (place == topPlace) {
          // The winner looks for its next best: the rest of the invocations still have theirs.
          value = lowest;
          place = 0xffffffffu;
          for (var i = thread; i < p.v; i += ${size}u) {
            let other = at(start, i);
            if (beats(top, topPlace, other, i) && beats(other, i, value, place)) {
              value = other;
              place = i;
            }
          }
        }
      }`,
  });
}

function logSumExpKernel(): Kernel {
  return kernel({
    name: "logSumExp",
    params: ["rows", "v", "x0", "y0"],
    bindings: [{ name: "x" }, { name: "y", type: "u32", access: "write" }],
    size,
    declarations: common + share,
    body: `
      let row = group.y * groups.x + group.x;
      if (row >= p.rows) { return; }
      let start = p.x0 + row * p.v;
      var value = lowest;
      var flags = 0u;
      for (var i = thread; i < p.v; i += ${size}u) {
        flags |= seenOf(x[start + i]);
        value = max(value, at(start, i));
      }
      atomicOr(&seen, flags);
      values[thread] = value;
      places[thread] = thread;
      best(thread);
      let top = values[0];
      workgroupBarrier();
      var sum = 0.0;
      for (var i = thread; i < p.v; i += ${size}u) { sum += exp(max(at(start, i) - top, -100.0)); }
      values[thread] = sum;
      for (var half = ${size / 2}u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (thread < half) { values[thread] += values[thread + half]; }
      }
      workgroupBarrier();
      // A bad row gives NaN, as bits, because arithmetic need not know it.
      if (thread == 0u) {
        let sumBits = bitcast<u32>(top + log(values[0]));
        y[p.y0 + row] = select(0x7fc00000u, sumBits, atomicLoad(&seen) == 1u);
      }`,
  });
}

function maskTokensKernel(): Kernel {
  return kernel({
    name: "maskTokens",
    params: ["count", "v", "n", "x0", "tokens0", "y0"],
    bindings: [{ name: "x" }, { name: "tokens", type: "i32" }, { name: "y", access: "write" }],
    size: 64,
    body: `
      let i = ${elementIndex(64)};
      if (i >= p.count) { return; }
      let start = p.tokens0 + (i / p.v) * p.n;
      let token = i32(i % p.v);
      var isMasked = false;
      for (var j = 0u; j < p.n; j++) { isMasked = isMasked || tokens[start + j] == token; }
      y[p.y0 + i] = select(x[p.x0 + i], -3.4028234663852886e38, isMasked);`,
  });
}

/** x [R, V] → [R], −1 for a bad row. */
export function argMax(l: Lowering, node: Node<"argMax">): void {
  emitRows(l, node, argMaxKernel(), ["y0"], {});
}

/** x [R, V] → values [R, k], indices [R, k]. */
export function topK(l: Lowering, node: Node<"topK">): void {
  emitRows(l, node, topKKernel(), ["values0", "indices0"], { k: node.attributes.k });
}

/** x [R, V] → [R]. */
export function logSumExp(l: Lowering, node: Node<"logSumExp">): void {
  emitRows(l, node, logSumExpKernel(), ["y0"], {});
}

function emitRows(
  l: Lowering,
  node: Node<"argMax" | "topK" | "logSumExp">,
  text: Kernel,
  names: readonly string[],
  more: Readonly<Record<string, number>>,
): void {
  const x = l.contiguous(l.read(node.inputs.x), copyOf(l, node.path));
  const [rows = 1, v = 1] = x.shape;
  const { views, copyBack } = contiguousOutputs(l, node);
  const offsets = Object.fromEntries(names.map((name, i) => [name, views[i]?.offset ?? 0]));
  l.dispatch({
    kernel: text,
    op: node.op,
    path: node.path,
    buffers: [x.buffer, ...views.map(({ buffer }) => buffer)],
    params: { rows, v, x0: x.offset, ...offsets, ...more },
    groups: groupsFor(l.bound(rows)),
    flops: product([rows, v]),
  });
  copyBack();
}

/** x [R, V], tokens [R, N] → [R, V] */
export function maskTokens(l: Lowering, node: Node<"maskTokens">): void {
  const copy = copyOf(l, node.path);
  const x = l.contiguous(l.read(node.inputs.x), copy);
  const tokens = l.contiguous(l.read(node.inputs.tokens), copy);
  const { views, copyBack } = contiguousOutputs(l, node);
  const [y] = views;
  const [, v = 1] = x.shape;
  l.dispatch({
    kernel: maskTokensKernel(),
    op: node.op,
    path: node.path,
    buffers: [x.buffer, tokens.buffer, y?.buffer ?? 0],
    params: {
      count: product(x.shape),
      v,
      n: tokens.shape[1] ?? 0,
      x0: x.offset,
      tokens0: tokens.offset,
      y0: y?.offset ?? 0,
    },
    groups: groupsFor(ceilDivide(l.elements(x.shape), 64)),
  });
  copyBack();
}

/** Outputs of a kernel that writes element by element, copied to where they belong if that is elsewhere. */
function contiguousOutputs(l: Lowering, node: Node): { views: readonly View[]; copyBack: () => void } {
  const pairs = node.outputs.map((name) => {
    const target = l.write(name);
    return { target, view: isContiguous(target) ? target : l.temporary(target.shape) };
  });
  return {
    views: pairs.map(({ view }) => view),
    copyBack() {
      for (const { target, view } of pairs) if (view !== target) copyTo(l, view, target, node.path);
    },
  };
}
