import fc from "fast-check";
import { expect, test } from "vitest";
import { matmul } from "./matmul.ts";

test("equals the definition for all small sizes, edges of the blocks included", () => {
  const size = fc.integer({ min: 0, max: 9 });
  fc.assert(
    fc.property(size, size, size, fc.boolean(), (m, n, k, withBias) => {
      // Small whole numbers, so that sums are exact in any order.
      const x = Float32Array.from({ length: m * k }, (_, i) => (i % 7) - 3);
      const w = Float32Array.from({ length: n * k }, (_, i) => (i % 5) - 2);
      const bias = withBias ? Float32Array.from({ length: n }, (_, i) => i) : undefined;
      const expected = Array.from({ length: m * n }, (_, at) => {
        const [i, j] = [Math.floor(at / n), at % n];
        let sum = bias?.[j] ?? 0;
        for (let t = 0; t < k; t++) sum += (x[i * k + t] ?? 0) * (w[j * k + t] ?? 0);
        return sum;
      });
      expect([...matmul(x, w, m, n, k, bias)]).toEqual(expected);
    }),
    { seed: 5, numRuns: 200 },
  );
});

test("sums in double precision", () => {
  expect([...matmul(Float32Array.of(1e8, 1, -1e8), Float32Array.of(1, 1, 1), 1, 1, 3)]).toEqual([1]);
});
