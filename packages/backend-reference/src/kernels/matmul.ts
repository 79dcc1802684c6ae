// The one loop that takes time: x · wᵀ, both operands read along their rows. linear and patchEmbedding call it.

/**
 * x [M, K], w [N, K], bias? [N] → x · wᵀ + bias [M, N], row-major. Sums are in double precision, rounded once.
 * Two rows of x meet four rows of w at a time, so that each number that is read is used more than once; at the edges
 * the last row is computed again, which needs no second loop.
 */
export function matmul(
  x: Float32Array,
  w: Float32Array,
  m: number,
  n: number,
  k: number,
  bias?: Float32Array,
): Float32Array {
  const y = new Float32Array(m * n);
  for (let j = 0; j < n; j += 4) {
    const [j1, j2, j3] = [Math.min(j + 1, n - 1), Math.min(j + 2, n - 1), Math.min(j + 3, n - 1)];
    const [w0, w1, w2, w3] = [j * k, j1 * k, j2 * k, j3 * k];
    const [bias0, bias1, bias2, bias3] = [bias?.[j] ?? 0, bias?.[j1] ?? 0, bias?.[j2] ?? 0, bias?.[j3] ?? 0];
    for (let i = 0; i < m; i += 2) {
      const i1 = Math.min(i + 1, m - 1);
      const [x0, x1] = [i * k, i1 * k];
      let [a0, a1, a2, a3] = [bias0, bias1, bias2, bias3];
      let [b0, b1, b2, b3] = [bias0, bias1, bias2, bias3];
      for (let t = 0; t < k; t++) {
        const a = x[x0 + t] ?? 0;
        const b = x[x1 + t] ?? 0;
        const c0 = w[w0 + t] ?? 0;
        const c1 = w[w1 + t] ?? 0;
        const c2 = w[w2 + t] ?? 0;
        const c3 = w[w3 + t] ?? 0;
        a0 += a * c0;
        a1 += a * c1;
        a2 += a * c2;
        a3 += a * c3;
        b0 += b * c0;
        b1 += b * c1;
        b2 += b * c2;
        b3 += b * c3;
      }
      y[i * n + j] = a0;
      y[i * n + j1] = a1;
      y[i * n + j2] = a2;
      y[i * n + j3] = a3;
      y[i1 * n + j] = b0;
      y[i1 * n + j1] = b1;
      y[i1 * n + j2] = b2;
      y[i1 * n + j3] = b3;
    }
  }
  return y;
}
