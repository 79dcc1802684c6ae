// How fast this machine multiplies large matrices and reads weights, measured with the runtime that the models use: the
// two rates that a model cannot beat on it.
import { buildGraph, float32, type WeightSource } from "@glimpsejs/graph";
import { ortNode } from "glimpsejs";
import type { Rates } from "./cost.ts";

// 17 GFLOP a product; 268 MB of weights for one row, eight times the largest cache of current processors for one core.
const gemm = { rows: 1024, k: 2048, n: 4096 };
const gemv = { rows: 1, k: 2048, n: 32768 };

/**
 * Measures both rates: the best of many runs, and of two places in memory, since whatever disturbs one only makes it
 * slower.
 */
export async function measureRates(threads: number | undefined): Promise<Rates> {
  const best = async (size: typeof gemm) =>
    Math.min(await bestSeconds(size, threads), await bestSeconds(size, threads));
  return {
    gemm: (2 * gemm.rows * gemm.k * gemm.n) / (await best(gemm)),
    memory: (4 * gemv.k * gemv.n) / (await best(gemv)),
  };
}

async function bestSeconds({ rows, k, n }: typeof gemm, threads: number | undefined): Promise<number> {
  const product = buildGraph("product", (b) => {
    const x = b.input("x", "float32", ["rows", k]);
    b.output("y", b.op("linear", { x, weight: b.weight("w", [n, k]) }, {}));
  });
  const bytes = async () => new Uint8Array(Float32Array.from({ length: n * k }, (_, i) => (i % 251) - 125).buffer);
  const weights: WeightSource = {
    names: ["w"],
    get: (name) => (name === "w" ? { dtype: "float32", shape: [n, k], byteLength: 4 * n * k, bytes } : undefined),
  };
  const backend = await ortNode(threads === undefined ? {} : { threads }).open();
  try {
    const program = await backend.compile({ product }, weights);
    const x = backend.upload(float32(new Float32Array(rows * k).fill(0.5), [rows, k]));
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 50; i++) {
      const start = performance.now();
      const { y } = await program.run("product", { x }, ["y"]);
      best = Math.min(best, performance.now() - start);
      y.dispose();
    }
    return best / 1000;
  } finally {
    await backend.dispose();
  }
}
