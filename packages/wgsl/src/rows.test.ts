// The text of the kernels that go over rows of logits to choose tokens, and of layerNorm and patch embedding.
import { type Builder, buildGraph, type Value } from "@glimpsejs/graph";
import { expect, test } from "vitest";
import { layOutWeights, planGraph } from "./index.ts";

function code(build: (b: Builder) => Value | undefined): string | undefined {
  const graph = buildGraph("one", (b) => {
    const y = build(b);
    if (y !== undefined) b.output("y", y);
  });
  const layout = layOutWeights([graph], () => "float32");
  const features = { storageBuffers: 8 };
  return planGraph(graph, { outputs: ["y"], sizes: { n: 3 }, capacity: 0, layout, features }).dispatches[0]?.kernel
    .code;
}

const logits = (b: Builder) => b.input("x", "float32", ["n", 99]);

test("argMax", () => {
  expect(code((b) => b.op("argMax", { x: logits(b) }, {}))).toMatchInlineSnapshot(`
    "struct Params { rows: u32, v: u32, x0: u32, y0: u32 }
    @group(0) @binding(0) var<uniform> p: Params;
    @group(0) @binding(1) var<storage, read> x: array<f32>;
    @group(0) @binding(2) var<storage, read_write> y: array<i32>;
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
    var<workgroup> values: array<f32, 256>;
    var<workgroup> places: array<u32, 256>;
    var<workgroup> seen: atomic<u32>;
    // After it, values[0] and places[0] are the best of all.
    fn best(thread: u32) {
      for (var half = 128u; half > 0u; half /= 2u) {
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
    }
    // After it, values[0] is the sum of all.
    fn total(thread: u32) {
      for (var half = 128u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (thread < half) {
          values[thread] += values[thread + half];
        }
      }
      workgroupBarrier();
    }
    @compute @workgroup_size(256)
    fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
      let row = group.y * groups.x + group.x;
      if (row >= p.rows) { return; }
      let start = p.x0 + row * p.v;
      var value = lowest;
      var place = nowhere;
      var flags = 0u;
      for (var first = thread; first < p.v; first += 2048u) {
        var entries: array<f32, 8>;
        for (var e = 0u; e < 8u; e++) { entries[e] = x[start + min(first + e * 256u, p.v - 1u)]; }
        for (var e = 0u; e < 8u; e++) {
          let i = first + e * 256u;
          let entry = entries[e];
          if (i < p.v) {
        let flag = seenOf(entry);
        flags |= flag;
        if (flag == 1u && beats(entry, i, value, place)) {
          value = entry;
          place = i;
        }
       }
        }
      }
      values[thread] = value;
      places[thread] = place;
      atomicOr(&seen, flags);
      best(thread);
      if (thread == 0u) { y[p.y0 + row] = select(-1, i32(places[0]), atomicLoad(&seen) == 1u); }
    }
    "
  `);
});

test("topK", () => {
  expect(code((b) => b.ops("topK", { x: logits(b) }, { k: 4 })[0])).toMatchInlineSnapshot(`
    "struct Params { rows: u32, v: u32, x0: u32, values0: u32, indices0: u32, k: u32 }
    @group(0) @binding(0) var<uniform> p: Params;
    @group(0) @binding(1) var<storage, read> x: array<f32>;
    @group(0) @binding(2) var<storage, read_write> y: array<f32>;
    @group(0) @binding(3) var<storage, read_write> indices: array<i32>;
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
    var<workgroup> values: array<f32, 256>;
    var<workgroup> places: array<u32, 256>;
    var<workgroup> seen: atomic<u32>;
    // After it, values[0] and places[0] are the best of all.
    fn best(thread: u32) {
      for (var half = 128u; half > 0u; half /= 2u) {
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
    }
    // After it, values[0] is the sum of all.
    fn total(thread: u32) {
      for (var half = 128u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (thread < half) {
          values[thread] += values[thread + half];
        }
      }
      workgroupBarrier();
    }
    @compute @workgroup_size(256)
    fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
      let row = group.y * groups.x + group.x;
      if (row >= p.rows) { return; }
      let start = p.x0 + row * p.v;
      var flags = 0u;
      var value = lowest;
      var place = nowhere;
      for (var first = thread; first < p.v; first += 2048u) {
        var entries: array<f32, 8>;
        for (var e = 0u; e < 8u; e++) { entries[e] = x[start + min(first + e * 256u, p.v - 1u)]; }
        for (var e = 0u; e < 8u; e++) {
          let i = first + e * 256u;
          let entry = entries[e];
          if (i < p.v) {
        flags |= seenOf(entry);
        if (beats(counted(entry), i, value, place)) {
          value = counted(entry);
          place = i;
        }
       }
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
          place = nowhere;
          for (var first = thread; first < p.v; first += 2048u) {
        var entries: array<f32, 8>;
        for (var e = 0u; e < 8u; e++) { entries[e] = x[start + min(first + e * 256u, p.v - 1u)]; }
        for (var e = 0u; e < 8u; e++) {
          let i = first + e * 256u;
          let entry = entries[e];
          if (i < p.v) {
            let other = counted(entry);
            if (beats(top, topPlace, other, i) && beats(other, i, value, place)) {
              value = other;
              place = i;
            }
           }
        }
      }
        }
      }
    }
    "
  `);
});

test("logSumExp", () => {
  expect(code((b) => b.op("logSumExp", { x: logits(b) }, {}))).toMatchInlineSnapshot(`
    "struct Params { rows: u32, v: u32, x0: u32, y0: u32 }
    @group(0) @binding(0) var<uniform> p: Params;
    @group(0) @binding(1) var<storage, read> x: array<f32>;
    @group(0) @binding(2) var<storage, read_write> y: array<u32>;
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
    var<workgroup> values: array<f32, 256>;
    var<workgroup> places: array<u32, 256>;
    var<workgroup> seen: atomic<u32>;
    // After it, values[0] and places[0] are the best of all.
    fn best(thread: u32) {
      for (var half = 128u; half > 0u; half /= 2u) {
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
    }
    // After it, values[0] is the sum of all.
    fn total(thread: u32) {
      for (var half = 128u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (thread < half) {
          values[thread] += values[thread + half];
        }
      }
      workgroupBarrier();
    }
    @compute @workgroup_size(256)
    fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
      let row = group.y * groups.x + group.x;
      if (row >= p.rows) { return; }
      let start = p.x0 + row * p.v;
      var value = lowest;
      var flags = 0u;
      for (var first = thread; first < p.v; first += 2048u) {
        var entries: array<f32, 8>;
        for (var e = 0u; e < 8u; e++) { entries[e] = x[start + min(first + e * 256u, p.v - 1u)]; }
        for (var e = 0u; e < 8u; e++) {
          let i = first + e * 256u;
          let entry = entries[e];
          if (i < p.v) {
        flags |= seenOf(entry);
        value = max(value, counted(entry));
       }
        }
      }
      atomicOr(&seen, flags);
      values[thread] = value;
      places[thread] = thread;
      best(thread);
      let top = values[0];
      workgroupBarrier();
      var sum = 0.0;
      for (var first = thread; first < p.v; first += 2048u) {
        var entries: array<f32, 8>;
        for (var e = 0u; e < 8u; e++) { entries[e] = x[start + min(first + e * 256u, p.v - 1u)]; }
        for (var e = 0u; e < 8u; e++) {
          let i = first + e * 256u;
          let entry = entries[e];
          if (i < p.v) { sum += exp(max(counted(entry) - top, -100.0)); }
        }
      }
      values[thread] = sum;
      total(thread);
      // A bad row gives NaN, as bits, because arithmetic need not know it.
      if (thread == 0u) {
        let sumBits = bitcast<u32>(top + log(values[0]));
        y[p.y0 + row] = select(0x7fc00000u, sumBits, atomicLoad(&seen) == 1u);
      }
    }
    "
  `);
});

test("maskTokens", () => {
  const tokens = (b: Builder) => b.input("tokens", "int32", ["n", 2]);
  expect(code((b) => b.op("maskTokens", { x: logits(b), tokens: tokens(b) }, {}))).toMatchInlineSnapshot(`
    "struct Params { count: u32, v: u32, n: u32, x0: u32, tokens0: u32, y0: u32 }
    @group(0) @binding(0) var<uniform> p: Params;
    @group(0) @binding(1) var<storage, read> x: array<f32>;
    @group(0) @binding(2) var<storage, read> tokens: array<i32>;
    @group(0) @binding(3) var<storage, read_write> y: array<f32>;
    @compute @workgroup_size(64)
    fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
      let i = (group.y * groups.x + group.x) * 64u + thread;
      if (i >= p.count) { return; }
      let start = p.tokens0 + (i / p.v) * p.n;
      let token = i32(i % p.v);
      var isMasked = false;
      for (var j = 0u; j < p.n; j++) { isMasked = isMasked || tokens[start + j] == token; }
      y[p.y0 + i] = select(x[p.x0 + i], -3.4028234663852886e38, isMasked);
    }
    "
  `);
});

test("layerNorm", () => {
  const of = (b: Builder, name: string) => b.weight(name, [99]);
  expect(
    code((b) => b.op("layerNorm", { x: logits(b), weight: of(b, "w"), bias: of(b, "b") }, { epsilon: 1e-5 })),
  ).toMatchInlineSnapshot(`
    "struct Params { rows: u32, s: u32, width: u32, a0: u32, aBatch: u32, aRow: u32, w0: u32, bias0: u32, y0: u32, yBatch: u32, yRow: u32 }
    @group(0) @binding(0) var<uniform> p: Params;
    @group(0) @binding(1) var<storage, read> a: array<f32>;
    @group(0) @binding(2) var<storage, read> w: array<f32>;
    @group(0) @binding(3) var<storage, read> bias: array<f32>;
    @group(0) @binding(4) var<storage, read_write> y: array<f32>;
    var<workgroup> partial: array<f32, 64>;
    fn total(thread: u32, each: u32, value: f32) -> f32 {
      workgroupBarrier();
      partial[thread] = value;
      for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (thread < half) { partial[thread] += partial[thread + half]; }
      }
      workgroupBarrier();
      return partial[0];
    }
    @compute @workgroup_size(64)
    fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
      let row = group.y * groups.x + group.x;
      if (row >= p.rows) { return; }
      let batch = row / p.s;
      let r = row % p.s;
      let aStart = p.a0 + batch * p.aBatch + r * p.aRow;
      // Counted from the first element, so that a mean that is large beside the deviations costs no digits.
      var shift = 0.0;
      { let i = 0u; shift = (a[aStart + i]); }
      var own: array<f32, 2>;
      var sum = 0.0;
      for (var e = 0u; e < 2u; e++) {
        let i = thread + e * 64u;
        if (i < p.width) { own[e] = (a[aStart + i]) - shift; sum += own[e]; }
      }
      let each = 1u;
      let mean = total(thread, each, sum) / f32(p.width);
      var squares = 0.0;
      for (var e = 0u; e < 2u; e++) {
        let i = thread + e * 64u;
        if (i < p.width) { own[e] -= mean; squares += own[e] * own[e]; }
      }
      let scale = 1.0 / sqrt(total(thread, each, squares) / f32(p.width) + 0.00001);
      let start = p.y0 + batch * p.yBatch + r * p.yRow;
      for (var e = 0u; e < 2u; e++) {
        let i = thread + e * 64u;
        if (i < p.width) { y[start + i] = own[e] * scale * w[p.w0 + i] + bias[p.bias0 + i]; }
      }
    }
    "
  `);
});

test("patchEmbedding", () => {
  const pixels = (b: Builder) => b.input("pixels", "float32", ["n", 3, 16, 16]);
  expect(
    code((b) => b.op("patchEmbedding", { pixels: pixels(b), weight: b.weight("w", [12, 3, 8, 8]) }, {})),
  ).toMatchInlineSnapshot(`
    "struct Params { m: u32, n: u32, k: u32, s: u32, x0: u32, side: u32, rows: u32, columns: u32, channels: u32, w0: u32, y0a0: u32, y0aBatch: u32, y0aRow: u32 }
    @group(0) @binding(0) var<uniform> p: Params;
    @group(0) @binding(1) var<storage, read> x: array<f32>;
    @group(0) @binding(2) var<storage, read> w: array<vec4f>;
    @group(0) @binding(3) var<storage, read_write> y0: array<f32>;
    fn xStart(row: u32) -> u32 {
      let patches = p.rows * p.columns;
      let at = row % patches;
      let height = p.rows * p.side;
      let y = (row / patches) * p.channels * height + (at / p.columns) * p.side;
      return p.x0 + (y * p.columns + at % p.columns) * p.side;
    }
    fn x1(start: u32, k: u32) -> f32 {
      let area = p.side * p.side;
      let inner = k % area;
      let y = (k / area) * p.rows * p.side + inner / p.side;
      return select(0.0, x[start + y * p.columns * p.side + inner % p.side], k < p.k);
    }
    fn x4(start: u32, k4: u32) -> vec4f {
      let k = 4u * k4;
      return vec4f(x1(start, k), x1(start, k + 1u), x1(start, k + 2u), x1(start, k + 3u));
    }
    fn wStart(column: u32) -> u32 { return (p.w0 + column) * (p.k / 4u); }
    fn w4(start: u32, k4: u32) -> vec4f { return w[start + k4]; }
    fn store(row: u32, column: u32, sum: f32) {
      let batch = row / p.s;
      let r = row % p.s;
      var value = sum;
      {
        let c = column;
        y0[p.y0a0 + batch * p.y0aBatch + r * p.y0aRow + c] = value;
      }
    }
    var<workgroup> xs: array<f32, 256>;
    var<workgroup> ws: array<f32, 1024>;
    @compute @workgroup_size(256)
    fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
      let left = group.x * 64u;
      let top = group.y * 16u;
      let tx = thread % 16u;
      let ty = thread / 16u;
      let row = top + thread / 4u;
      let column = left + thread / 4u;
      let xRow = xStart(min(row, p.m - 1u));
      let wColumn = wStart(min(column, p.n - 1u));
      let k4Own = thread % 4u;
      let chunks = (p.k + 3u) / 4u;
      var sum0 = vec4f(0.0);
      for (var k4 = 0u; k4 < chunks; k4 += 4u) {
        let at = k4 + k4Own;
        let k = 4u * k4Own;
        if (thread < 64u) {
          var value = vec4f(0.0);
          if (at < chunks && row < p.m) { value = x4(xRow, at); }
          let i = thread / 4u;
          for (var c = 0u; c < 4u; c++) { xs[(k + c) * 16u + i] = value[c]; }
        }
        {
          var value = vec4f(0.0);
          if (at < chunks && column < p.n) { value = w4(wColumn, at); }
          let i = thread / 4u;
          for (var c = 0u; c < 4u; c++) { ws[(k + c) * 64u + i] = value[c]; }
        }
        workgroupBarrier();
        for (var i = 0u; i < 16u; i++) {
          let at = i * 64u + tx * 4u;
          let w = vec4f(ws[at], ws[at + 1u], ws[at + 2u], ws[at + 3u]);
          sum0 += xs[i * 16u + ty * 1u + 0u] * w;
        }
        workgroupBarrier();
      }
      for (var i = 0u; i < 4u; i++) {
        let m = top + ty * 1u + i / 4u;
        let n = left + tx * 4u + i % 4u;
        var sum = sum0;
        if (m < p.m && n < p.n) { store(m, n, sum[i % 4u]); }
      }
    }
    "
  `);
});
