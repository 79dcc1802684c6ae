// The text of the kernels that matter most, as it goes to the device.
import { buildGraph, type Dim, type Graph } from "@glimpsejs/graph";
import { describe, expect, test } from "vitest";
import { type Features, type Kernel, layOutWeights, planGraph } from "./index.ts";

const plain: Features = { storageBuffers: 8 };
const subgroups: Features = { storageBuffers: 8, subgroups: { min: 32, max: 32 } };

/** The kernels of a graph with one output "y". */
function kernels(graph: Graph, n: number, features: Features): readonly Kernel[] {
  const layout = layOutWeights([graph], () => "float32");
  const plan = planGraph(graph, { outputs: ["y"], sizes: { n }, capacity: 0, layout, features });
  return plan.dispatches.map(({ kernel }) => kernel);
}

const mlp = (k: Dim) =>
  buildGraph("mlp", (b) => {
    const x = b.input("x", "float32", ["n", k]);
    const product = b.op("linear", { x, weight: b.weight("weight", [8, k]), bias: b.weight("bias", [8]) }, {});
    b.output("y", b.op("activation", { x: product }, { function: "relu" }));
  });

describe("products", () => {
  test("gemv with subgroups, bias and activation", () => {
    expect(kernels(mlp(8), 1, subgroups)[0]?.code).toMatchInlineSnapshot(`
      "enable subgroups;
      struct Params { m: u32, n: u32, k: u32, s: u32, x0: u32, xs: u32, xBatch: u32, xRow: u32, w0: u32, bias0: u32, y0a0: u32, y0aBatch: u32, y0aRow: u32 }
      @group(0) @binding(0) var<uniform> p: Params;
      @group(0) @binding(1) var<storage, read> x: array<vec4f>;
      @group(0) @binding(2) var<storage, read> w: array<vec4f>;
      @group(0) @binding(3) var<storage, read> bias: array<f32>;
      @group(0) @binding(4) var<storage, read_write> y0: array<f32>;
      fn xStart(i: u32) -> u32 {
        let row = i;
        return (p.x0 + (row / p.xs) * p.xBatch + (row % p.xs) * p.xRow) / 4u;
      }
      fn x4(start: u32, k4: u32) -> vec4f { return x[start + k4]; }
      fn wStart(column: u32) -> u32 { return (p.w0 + column) * (p.k / 4u); }
      fn w4(start: u32, k4: u32) -> vec4f { return w[start + k4]; }
      fn activation(x: f32) -> f32 { return max(x, 0.0); }
      fn store(row: u32, column: u32, sum: f32) {
        let batch = row / p.s;
        let r = row % p.s;
        var value = sum;
        value += bias[p.bias0 + column];
        value = activation(value);
        {
          let c = column;
          y0[p.y0a0 + batch * p.y0aBatch + r * p.y0aRow + c] = value;
        }
      }
      var<workgroup> sums: array<f32, 256>;
      @compute @workgroup_size(256)
      fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32, @builtin(subgroup_size) subgroup_size: u32) {
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
        let each = subgroup_size;
        {
          let part = subgroupAdd(sum0);
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

  test("without subgroups the sums meet in workgroup memory", () => {
    const [kernel] = kernels(mlp(8), 1, plain);
    expect(kernel?.code).not.toContain("subgroup");
    expect(kernel?.code).toContain("for (var i = 0u; i < 32u; i += each)");
  });

  test("subgroups of 64 share a column each, wider ones are not used", () => {
    const code = (max: number) => kernels(mlp(8), 1, { storageBuffers: 8, subgroups: { min: 4, max } })[0]?.code;
    expect(code(64)).toContain("let lane = thread % 64u;");
    expect(code(64)).toContain("subgroupAdd");
    expect(code(128)).not.toContain("subgroupAdd");
  });

  test("an odd width is read one element at a time and never beyond the row", () => {
    expect(kernels(mlp(7), 1, plain)[0]?.code).toContain("select(0.0, w[start + min(k, p.k - 1u)], k < p.k)");
  });

  test("rows are tiled by 16, 32 or 64, whichever computes few that are not there", () => {
    const wide = buildGraph("wide", (b) => {
      b.output("y", b.op("linear", { x: b.input("x", "float32", ["n", 8]), weight: b.weight("w", [8193, 8]) }, {}));
    });
    const names = [9, 16, 50, 64, 197, 257, 901].map((n) => kernels(wide, n, plain)[0]?.name);
    expect(names).toEqual([
      "matmul 16 × 64 f32",
      "matmul 16 × 64 f32",
      "matmul 64 × 64 f32",
      "matmul 64 × 64 f32",
      "matmul 32 × 64 f32",
      "matmul 32 × 64 f32",
      "matmul 64 × 64 f32",
    ]);
  });

  test("some more rows of few columns are taken in turns, so that more of the GPU has something to do", () => {
    const names = [8, 9, 32, 33].map((n) => kernels(mlp(8), n, plain)[0]?.name);
    expect(names).toEqual(["gemv 8 rows f32", "gemv 8 rows f32", "gemv 8 rows f32", "matmul 64 × 64 f32"]);
  });
});

test("attention of a decode step", () => {
  const graph = buildGraph("attention", (b) => {
    const query = b.input("query", "float32", [1, 1, 8]);
    const segment = (name: string, length: Dim) => b.input(name, "float32", [1, 2, length, 4]);
    const keys = [segment("trunk.key", 5), segment("key", "n")];
    const values = [segment("trunk.value", 5), segment("value", "n")];
    const mask = b.input("mask", "float32", [1, 1, "n"]);
    b.output("y", b.op("attention", { query, keys, values, mask }, { heads: 2 }));
  });
  expect(kernels(graph, 3, plain)[0]?.code).toMatchInlineSnapshot(`
    "struct Params { rows: u32, heads: u32, total: u32, q0: u32, qBatch: u32, qRow: u32, y0: u32, yBatch: u32, yRow: u32, k0At: u32, k0Batch: u32, k0Head: u32, k0Row: u32, k1At: u32, k1Batch: u32, k1Head: u32, k1Row: u32, start1: u32, v0At: u32, v0Batch: u32, v0Head: u32, v0Row: u32, v1At: u32, v1Batch: u32, v1Head: u32, v1Row: u32, mask0: u32, maskRow: u32, maskStart: u32 }
    @group(0) @binding(0) var<uniform> p: Params;
    @group(0) @binding(1) var<storage, read> q: array<vec4f>;
    @group(0) @binding(2) var<storage, read> k0: array<vec4f>;
    @group(0) @binding(3) var<storage, read> k1: array<vec4f>;
    @group(0) @binding(4) var<storage, read> v0: array<vec4f>;
    @group(0) @binding(5) var<storage, read> v1: array<vec4f>;
    @group(0) @binding(6) var<storage, read> mask: array<f32>;
    @group(0) @binding(7) var<storage, read_write> y: array<vec4f>;
    fn key4(batch: u32, head: u32, t: u32, i: u32) -> vec4f {
      if (t < p.start1) { return k0[(p.k0At + batch * p.k0Batch + head * p.k0Head + t * p.k0Row) / 4u + i]; }
      return k1[(p.k1At + batch * p.k1Batch + head * p.k1Head + (t - p.start1) * p.k1Row) / 4u + i];
    }
    fn value4(batch: u32, head: u32, t: u32, i: u32) -> vec4f {
      if (t < p.start1) { return v0[(p.v0At + batch * p.v0Batch + head * p.v0Head + t * p.v0Row) / 4u + i]; }
      return v1[(p.v1At + batch * p.v1Batch + head * p.v1Head + (t - p.start1) * p.v1Row) / 4u + i];
    }
    fn bias(batch: u32, row: u32, t: u32) -> f32 {
      if (t < p.maskStart) { return 0.0; }
      return mask[p.mask0 + (batch * p.rows + row) * p.maskRow + t - p.maskStart];
    }
    fn query4(batch: u32, head: u32, row: u32, i: u32) -> vec4f {
      return q[(p.q0 + batch * p.qBatch + row * p.qRow + head * 4u) / 4u + i] * 0.5;
    }
    fn store(batch: u32, head: u32, row: u32, i: u32, value: vec4f) {
      y[(p.y0 + batch * p.yBatch + row * p.yRow + head * 4u) / 4u + i] = value;
    }
    var<workgroup> query: array<vec4f, 1>;
    var<workgroup> scores: array<f32, 256>;
    var<workgroup> shared_values: array<f32, 256>;
    var<workgroup> sums: array<vec4f, 256>;
    fn reduced(thread: u32, value: f32, isMax: bool) -> f32 {
      workgroupBarrier();
      shared_values[thread] = value;
      for (var half = 128u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (thread < half) {
          let other = shared_values[thread + half];
          shared_values[thread] = select(shared_values[thread] + other, max(shared_values[thread], other), isMax);
        }
      }
      workgroupBarrier();
      return shared_values[0];
    }
    @compute @workgroup_size(256)
    fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
      let row = group.x;
      let head = group.y;
      let batch = group.z;
      if (thread < 1u) { query[thread] = query4(batch, head, row, thread); }
      workgroupBarrier();
      let chunk = thread % 1u;
      let turn = thread / 1u;
      var most = -3.4e38;
      var weight = 0.0;
      var sum = vec4f(0.0);
      for (var base = 0u; base < p.total; base += 256u) {
        let t = base + thread;
        var score = -3.4e38;
        if (t < p.total) {
          score = bias(batch, row, t);
          for (var i = 0u; i < 1u; i++) { score += dot(query[i], key4(batch, head, t, i)); }
        }
        let newMost = max(most, reduced(thread, score, true));
        let probability = select(0.0, exp(score - newMost), t < p.total);
        scores[thread] = probability;
        let scale = exp(most - newMost);
        weight = weight * scale + reduced(thread, probability, false);
        most = newMost;
        sum *= scale;
        if (turn < 256u) {
          let count = min(256u, p.total - base);
          for (var j = turn; j < count; j += 256u) { sum += scores[j] * value4(batch, head, base + j, chunk); }
        }
      }
      sums[thread] = sum;
      workgroupBarrier();
      if (thread < 1u) {
        for (var j = 1u; j < 256u; j++) { sum += sums[j * 1u + thread]; }
        store(batch, head, row, thread, select(vec4f(0.0), sum / weight, weight > 0.0));
      }
    }
    "
  `);
});
