// The text of the kernels that read weights in other formats than float32, which a program that imitates a GPU does not
// always run: float16, 8 and 4 bits, in products of one row and of many, and in lookups.
import { buildGraph, type DType, type Graph } from "@glimpsejs/graph";
import { expect, test } from "vitest";
import { layOutWeights, planGraph } from "./index.ts";

function code(graph: Graph, n: number, dtype: DType): string | undefined {
  const layout = layOutWeights([graph], (name) => (name === "weight" ? dtype : "float32"));
  const plan = planGraph(graph, { outputs: ["y"], sizes: { n }, capacity: 0, layout, features: { storageBuffers: 8 } });
  return plan.dispatches[0]?.kernel.code;
}

const product = buildGraph("product", (b) => {
  const x = b.input("x", "float32", ["n", 64]);
  b.output("y", b.op("linear", { x, weight: b.weight("weight", [8, 64]) }, {}));
});

const rounded = (bits: 8 | 4) =>
  buildGraph("rounded", (b) => {
    const x = b.input("x", "float32", ["n", 64]);
    const [dtype, width] = bits === 8 ? (["int8", 64] as const) : (["uint8", 32] as const);
    const weight = b.weight("weight", [8, width], dtype);
    const scales = b.weight("scales", [8, bits === 8 ? 1 : 2]);
    b.output("y", b.op("quantizedLinear", { x, weight, scales }, { bits, block: bits === 8 ? 64 : 32 }));
  });

const lookup = buildGraph("lookup", (b) => {
  const ids = b.input("ids", "int32", ["n"]);
  b.output("y", b.op("embedding", { table: b.weight("weight", [8, 64]), ids }, {}));
});

test("one row with float16 weights", () => {
  expect(code(product, 1, "float16")).toMatchInlineSnapshot(`
    "struct Params { m: u32, n: u32, k: u32, s: u32, x0: u32, xs: u32, xBatch: u32, xRow: u32, w0: u32, y0a0: u32, y0aBatch: u32, y0aRow: u32 }
    @group(0) @binding(0) var<uniform> p: Params;
    @group(0) @binding(1) var<storage, read> x: array<vec4f>;
    @group(0) @binding(2) var<storage, read> w: array<vec2u>;
    @group(0) @binding(3) var<storage, read_write> y0: array<f32>;
    fn xStart(i: u32) -> u32 {
      let row = i;
      return (p.x0 + (row / p.xs) * p.xBatch + (row % p.xs) * p.xRow) / 4u;
    }
    fn x4(start: u32, k4: u32) -> vec4f { return x[start + k4]; }
    fn wStart(column: u32) -> u32 { return (p.w0 + column) * (p.k / 4u); }
    fn w4(start: u32, k4: u32) -> vec4f {
      let pair = w[start + k4];
      return vec4f(unpack2x16float(pair.x), unpack2x16float(pair.y));
    }
    fn store(row: u32, column: u32, sum: f32) {
      let batch = row / p.s;
      let r = row % p.s;
      var value = sum;
      {
        let c = column;
        y0[p.y0a0 + batch * p.y0aBatch + r * p.y0aRow + c] = value;
      }
    }
    var<workgroup> sums: array<f32, 256>;
    @compute @workgroup_size(256)
    fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
      let lane = thread % 32u;
      let column = (group.y * groups.x + group.x) * 8u + thread / 32u;
      let inside = column < p.n;
      let chunks = select(0u, (p.k + 3u) / 4u, inside);
      let first = group.z * 1u;
      let last = p.m - 1u;
      let matrix = wStart(column);
      let row0 = xStart(min(first + 0u, last));
      var sum0 = 0.0;
      for (var k4 = lane; k4 < chunks; k4 += 32u) {
        let w = w4(matrix, k4);
        sum0 += dot(x4(row0, k4), w);
      }
      let each = 1u;
      {
        let part = sum0;
        if (thread % each == 0u) { sums[0u * 256u + thread] = part; }
      }
      workgroupBarrier();
      if (inside && lane < 1u && first + lane < p.m) {
        let start = lane * 256u + thread - lane;
        var sum = 0.0;
        for (var i = 0u; i < 32u; i += each) { sum += sums[start + i]; }
        store(first + lane, column, sum);
      }
    }
    "
  `);
});

test("many rows with float16 weights", () => {
  expect(code(product, 197, "float16")).toMatchInlineSnapshot(`
    "struct Params { m: u32, n: u32, k: u32, s: u32, x0: u32, xs: u32, xBatch: u32, xRow: u32, w0: u32, y0a0: u32, y0aBatch: u32, y0aRow: u32 }
    @group(0) @binding(0) var<uniform> p: Params;
    @group(0) @binding(1) var<storage, read> x: array<vec4f>;
    @group(0) @binding(2) var<storage, read> w: array<vec2u>;
    @group(0) @binding(3) var<storage, read_write> y0: array<f32>;
    fn xStart(i: u32) -> u32 {
      let row = i;
      return (p.x0 + (row / p.xs) * p.xBatch + (row % p.xs) * p.xRow) / 4u;
    }
    fn x4(start: u32, k4: u32) -> vec4f { return x[start + k4]; }
    fn wStart(column: u32) -> u32 { return (p.w0 + column) * (p.k / 4u); }
    fn w4(start: u32, k4: u32) -> vec4f {
      let pair = w[start + k4];
      return vec4f(unpack2x16float(pair.x), unpack2x16float(pair.y));
    }
    fn store(row: u32, column: u32, sum: f32) {
      let batch = row / p.s;
      let r = row % p.s;
      var value = sum;
      {
        let c = column;
        y0[p.y0a0 + batch * p.y0aBatch + r * p.y0aRow + c] = value;
      }
    }
    var<workgroup> xs: array<f32, 512>;
    var<workgroup> ws: array<f32, 1024>;
    @compute @workgroup_size(256)
    fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
      let left = group.x * 64u;
      let top = group.y * 32u;
      let tx = thread % 16u;
      let ty = thread / 16u;
      let row = top + thread / 4u;
      let column = left + thread / 4u;
      let xRow = xStart(min(row, p.m - 1u));
      let wColumn = wStart(min(column, p.n - 1u));
      let k4Own = thread % 4u;
      let chunks = (p.k + 3u) / 4u;
      var sum0 = vec4f(0.0); var sum1 = vec4f(0.0);
      for (var k4 = 0u; k4 < chunks; k4 += 4u) {
        let at = k4 + k4Own;
        let k = 4u * k4Own;
        if (thread < 128u) {
          var value = vec4f(0.0);
          if (at < chunks && row < p.m) { value = x4(xRow, at); }
          let i = thread / 4u;
          for (var c = 0u; c < 4u; c++) { xs[(k + c) * 32u + i] = value[c]; }
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
          sum0 += xs[i * 32u + ty * 2u + 0u] * w;
          sum1 += xs[i * 32u + ty * 2u + 1u] * w;
        }
        workgroupBarrier();
      }
      for (var i = 0u; i < 8u; i++) {
        let m = top + ty * 2u + i / 4u;
        let n = left + tx * 4u + i % 4u;
        var sum = sum0;
        if (i / 4u == 1u) { sum = sum1; }
        if (m < p.m && n < p.n) { store(m, n, sum[i % 4u]); }
      }
    }
    "
  `);
});

test("one row with 8 bits", () => {
  expect(code(rounded(8), 1, "int8")).toMatchInlineSnapshot(`
    "struct Params { m: u32, n: u32, k: u32, s: u32, x0: u32, xs: u32, xBatch: u32, xRow: u32, w0: u32, y0a0: u32, y0aBatch: u32, y0aRow: u32 }
    @group(0) @binding(0) var<uniform> p: Params;
    @group(0) @binding(1) var<storage, read> x: array<vec4f>;
    @group(0) @binding(2) var<storage, read> w: array<u32>;
    @group(0) @binding(3) var<storage, read> scales: array<f32>;
    @group(0) @binding(4) var<storage, read_write> y0: array<f32>;
    fn xStart(i: u32) -> u32 {
      let row = i;
      return (p.x0 + (row / p.xs) * p.xBatch + (row % p.xs) * p.xRow) / 4u;
    }
    fn x4(start: u32, k4: u32) -> vec4f { return x[start + k4]; }
    fn wStart(column: u32) -> u32 { return (p.w0 + column) * (p.k / 4u); }
    fn w4(start: u32, k4: u32) -> vec4f {
      let bytes = vec4i(bitcast<i32>(w[start + k4]));
      return vec4f((bytes << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
    }
    fn store(row: u32, column: u32, sum: f32) {
      let batch = row / p.s;
      let r = row % p.s;
      var value = sum;
      value *= scales[p.w0 + column];
      {
        let c = column;
        y0[p.y0a0 + batch * p.y0aBatch + r * p.y0aRow + c] = value;
      }
    }
    var<workgroup> sums: array<f32, 256>;
    @compute @workgroup_size(256)
    fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
      let lane = thread % 32u;
      let column = (group.y * groups.x + group.x) * 8u + thread / 32u;
      let inside = column < p.n;
      let chunks = select(0u, (p.k + 3u) / 4u, inside);
      let first = group.z * 1u;
      let last = p.m - 1u;
      let matrix = wStart(column);
      let row0 = xStart(min(first + 0u, last));
      var sum0 = 0.0;
      for (var k4 = lane; k4 < chunks; k4 += 32u) {
        let w = w4(matrix, k4);
        sum0 += dot(x4(row0, k4), w);
      }
      let each = 1u;
      {
        let part = sum0;
        if (thread % each == 0u) { sums[0u * 256u + thread] = part; }
      }
      workgroupBarrier();
      if (inside && lane < 1u && first + lane < p.m) {
        let start = lane * 256u + thread - lane;
        var sum = 0.0;
        for (var i = 0u; i < 32u; i += each) { sum += sums[start + i]; }
        store(first + lane, column, sum);
      }
    }
    "
  `);
});

test("one row with 4 bits", () => {
  expect(code(rounded(4), 1, "uint8")).toMatchInlineSnapshot(`
    "struct Params { m: u32, n: u32, k: u32, s: u32, x0: u32, xs: u32, xBatch: u32, xRow: u32, w0: u32, block: u32, y0a0: u32, y0aBatch: u32, y0aRow: u32 }
    @group(0) @binding(0) var<uniform> p: Params;
    @group(0) @binding(1) var<storage, read> x: array<vec4f>;
    @group(0) @binding(2) var<storage, read> w: array<u32>;
    @group(0) @binding(3) var<storage, read> scales: array<f32>;
    @group(0) @binding(4) var<storage, read_write> y0: array<f32>;
    fn xStart(i: u32) -> u32 {
      let row = i;
      return (p.x0 + (row / p.xs) * p.xBatch + (row % p.xs) * p.xRow) / 4u;
    }
    fn x4(start: u32, k4: u32) -> vec4f { return x[start + k4]; }
    fn wStart(column: u32) -> u32 { return (p.w0 + column) * (p.k / 4u); }
    fn w4(start: u32, k4: u32) -> vec4f {
      let at = start + k4;
      let half = w[at / 2u] >> (16u * (at % 2u));
      let nibbles = (vec4u(half) >> vec4u(0u, 4u, 8u, 12u)) & vec4u(15u);
      return scales[at / (p.block / 4u)] * (vec4f(nibbles) - 8.0);
    }
    fn store(row: u32, column: u32, sum: f32) {
      let batch = row / p.s;
      let r = row % p.s;
      var value = sum;
      {
        let c = column;
        y0[p.y0a0 + batch * p.y0aBatch + r * p.y0aRow + c] = value;
      }
    }
    var<workgroup> sums: array<f32, 256>;
    @compute @workgroup_size(256)
    fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
      let lane = thread % 32u;
      let column = (group.y * groups.x + group.x) * 8u + thread / 32u;
      let inside = column < p.n;
      let chunks = select(0u, (p.k + 3u) / 4u, inside);
      let first = group.z * 1u;
      let last = p.m - 1u;
      let matrix = wStart(column);
      let row0 = xStart(min(first + 0u, last));
      var sum0 = 0.0;
      for (var k4 = lane; k4 < chunks; k4 += 32u) {
        let w = w4(matrix, k4);
        sum0 += dot(x4(row0, k4), w);
      }
      let each = 1u;
      {
        let part = sum0;
        if (thread % each == 0u) { sums[0u * 256u + thread] = part; }
      }
      workgroupBarrier();
      if (inside && lane < 1u && first + lane < p.m) {
        let start = lane * 256u + thread - lane;
        var sum = 0.0;
        for (var i = 0u; i < 32u; i += each) { sum += sums[start + i]; }
        store(first + lane, column, sum);
      }
    }
    "
  `);
});

test("a lookup in float16", () => {
  expect(code(lookup, 3, "float16")).toMatchInlineSnapshot(`
    "struct Params { count: u32, width: u32, t0: u32, ids0: u32, y0: u32 }
    @group(0) @binding(0) var<uniform> p: Params;
    @group(0) @binding(1) var<storage, read> t: array<u32>;
    @group(0) @binding(2) var<storage, read> ids: array<i32>;
    @group(0) @binding(3) var<storage, read_write> y: array<f32>;
    fn t_at(index: u32) -> f32 { return unpack2x16float(t[index / 2u])[index % 2u]; }
    @compute @workgroup_size(64)
    fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
      let i = (group.y * groups.x + group.x) * 64u + thread;
      if (i >= p.count) { return; }
      let row = u32(ids[p.ids0 + i / p.width]);
      y[p.y0 + i] = t_at(p.t0 + row * p.width + i % p.width);
    }
    "
  `);
});
