// quantized: how far rounding the rows of x to 8 bits may move a result. The bound is computed, not chosen: rounding to
// 255 steps moves no number of x by more than one step, so no result by more than a step times the sum of |w|.
import type { HostTensor, QuantizedFormat } from "@glimpsejs/graph";
import { dequantize } from "@glimpsejs/graph";
import { expectOutputs } from "../expect-close.ts";
import { problem, solve } from "../problem.ts";
import { Random } from "../random.ts";
import type { ConformanceTest, Context } from "../suite.ts";
import { formatsOf, quantizedWeight } from "./quantized-problem.ts";

/** The tests of quantized products on rows that cannot be rounded for free. */
export const quantizedTests: readonly ConformanceTest[] = [8, 4].map((bits) => ({
  name: `quantizedLinear of ${bits} bits is within one 8-bit step of x`,
  run: (context) => withinOneStep(context, bits),
}));

async function withinOneStep({ backend, oracle }: Context, bits: number): Promise<void> {
  const [n, k, rows] = [12, 256, 7];
  for (const format of formatsOf(k).filter((f) => f.bits === bits)) {
    const random = new Random(100 * bits + format.block);
    const x = random.normal([rows, k]);
    const generated = problem("rounded", (p) => {
      const values = { x: p.feed("x", x, ["rows", k]), ...quantizedWeight(p, random, "w", n, k, format) };
      p.results([p.b.op("quantizedLinear", values, format)]);
    });
    const step = x.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127;
    const tolerance = { absolute: step * largestRowSum(generated.weights, k, format), relative: 0 };
    expectOutputs(await solve(backend, generated), await solve(oracle, generated), { float32: tolerance });
  }
}

/** The largest Σ|w| of a row of the weight "w". */
function largestRowSum(weights: Readonly<Record<string, HostTensor>>, k: number, format: QuantizedFormat): number {
  const [q, scales] = [weights[`w.int${format.bits}`], weights["w.scales"]];
  if ((q?.dtype !== "int8" && q?.dtype !== "uint8") || scales?.dtype !== "float32") throw new TypeError("no weight");
  const w = dequantize({ data: q.data, scales: scales.data }, format);
  let largest = 0;
  for (let start = 0; start < w.length; start += k) {
    const sum = w.subarray(start, start + k).reduce((total, value) => total + Math.abs(value), 0);
    largest = Math.max(largest, sum);
  }
  return largest;
}
