// Arithmetic on rows of logits, and that reading frees what it reads.
import type { DeviceTensor } from "@glimpsejs/backend";
import { float32, type HostTensor, int32 } from "@glimpsejs/graph";
import { describe, expect, test } from "vitest";
import { argMax, checkNumbers, logProbability, logSumExp, readAllFloats, readFloats, row } from "./logits.ts";

/** A device tensor that knows whether it was freed. */
function deviceTensor(read: () => Promise<HostTensor>) {
  const state = { disposed: 0 };
  const tensor: DeviceTensor = { dtype: "float32", shape: [1], read, dispose: () => void state.disposed++ };
  return { tensor, state };
}

describe("rows", () => {
  const tensor = float32([1, 2, 3, 4, 5, 6], [2, 3]);

  test("row() is a view", () => {
    expect([...row(tensor, 1)]).toEqual([4, 5, 6]);
    expect(row(tensor, 1).buffer).toBe(tensor.data.buffer);
  });

  test("argMax() gives the first of equals", () => {
    expect(argMax(Float32Array.of(-1, 5, 5, 2))).toBe(1);
  });

  test("logSumExp() neither overflows nor vanishes", () => {
    expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.log(2), 6);
    expect(logSumExp(Float32Array.of(-1000, -1000))).toBeCloseTo(-1000 + Math.log(2), 6);
  });

  test("logProbability() is the log of the softmax, and −Infinity outside the row", () => {
    const values = Float32Array.of(Math.log(1), Math.log(3));
    expect(Math.exp(logProbability(values, 1))).toBeCloseTo(0.75, 6);
    expect(logProbability(values, 2)).toBe(Number.NEGATIVE_INFINITY);
  });
});

test("checkNumbers() finds the row that is no number", () => {
  expect(() => checkNumbers(Float32Array.of(1, Number.NaN))).toThrow(/not a number/);
  expect(() => checkNumbers(Float32Array.of(3.4e38, -3.4e38))).not.toThrow();
});

describe("reading", () => {
  test("readFloats() frees the tensor whatever happens", async () => {
    const good = deviceTensor(async () => float32([1], [1]));
    const failing = deviceTensor(() => Promise.reject(new Error("lost")));
    const wrong = deviceTensor(async () => int32([1], [1]));
    expect([...(await readFloats(good.tensor)).data]).toEqual([1]);
    await expect(readFloats(failing.tensor)).rejects.toThrow("lost");
    await expect(readFloats(wrong.tensor)).rejects.toThrow(/expected float32, got int32/);
    expect([good, failing, wrong].map(({ state }) => state.disposed)).toEqual([1, 1, 1]);
  });

  test("readAllFloats() frees the tensors after a failed one too", async () => {
    const first = deviceTensor(async () => float32([1], [1]));
    const failing = deviceTensor(() => Promise.reject(new Error("lost")));
    const never = deviceTensor(async () => float32([2], [1]));
    const all = { first: first.tensor, failing: failing.tensor, never: never.tensor };
    await expect(readAllFloats(all)).rejects.toThrow("lost");
    expect([first, failing, never].every(({ state }) => state.disposed > 0)).toBe(true);
  });
});
