import { expect, test } from "vitest";
import { byOp } from "./bench.ts";

test("times are summed by graph and op, rates are of the sums", () => {
  const time = (op: string, nanoseconds: number, flops: number, bytes: number) => {
    return { graph: "decoder", op, kernel: "", path: "", nanoseconds, flops, bytes };
  };
  const rows = byOp([
    time("linear", 1000, 4000, 8000),
    time("layerNorm", 1000, 10, 20),
    time("linear", 2000, 2000, 1000),
  ]);
  expect(rows).toEqual([
    {
      graph: "decoder",
      op: "linear",
      dispatches: 2,
      milliseconds: 0.003,
      share: 0.75,
      gigaflops: 2,
      gigabytes: 3,
    },
    expect.objectContaining({ op: "layerNorm", dispatches: 1, share: 0.25 }),
  ]);
  expect(byOp([])).toEqual([]);
});
