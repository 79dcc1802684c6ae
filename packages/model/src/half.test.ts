import { viewAs, type Weight } from "@glimpsejs/graph";
import { expect, test } from "vitest";
import { halfWeights } from "./half.ts";

const weight = (values: readonly number[], shape: readonly number[]): Weight => {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return { dtype: "float32", shape, byteLength: bytes.length, bytes: async () => bytes };
};

test("matrices become float16, vectors stay", async () => {
  const stored: Record<string, Weight> = { w: weight([1, -2, 0.5, 65504], [2, 2]), bias: weight([1, 2], [2]) };
  const half = halfWeights({ names: ["w", "bias"], get: (name) => stored[name] });
  expect(half.get("bias")).toBe(stored["bias"]);
  expect(half.get("w")).toMatchObject({ dtype: "float16", shape: [2, 2], byteLength: 8 });
  expect([...viewAs((await half.get("w")?.bytes()) ?? new Uint8Array(), "float16")]).toEqual([
    0x3c00, 0xc000, 0x3800, 0x7bff,
  ]);
  expect(half.get("gone")).toBeUndefined();
});

test("a value that float16 has not is refused by name and place; infinities and NaN are what they were", async () => {
  const source = (values: readonly number[]) => halfWeights({ names: ["w"], get: () => weight(values, [1, 3]) });
  await expect(source([1, -70000, 2]).get("w")?.bytes()).rejects.toThrow(
    'weight "w": element 1 is too large for float16, expected at most 65504, got -70000.',
  );
  await expect(source([Number.NaN, Number.POSITIVE_INFINITY, 0]).get("w")?.bytes()).resolves.toHaveLength(6);
});
