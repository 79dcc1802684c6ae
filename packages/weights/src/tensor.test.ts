import { expect, test } from "vitest";
import { bytesSource } from "./byte-source.ts";
import { openSafetensors } from "./safetensors.ts";
import { writeSafetensors } from "./safetensors-writer.ts";
import { checkFinite, readTensor, sourceFromTensors } from "./tensor.ts";

const half = { dtype: "float16", shape: [2], data: Uint16Array.of(0x3c00, 0xc000) } as const;

test("readTensor gives what is stored, or float32 or int32", async () => {
  const source = sourceFromTensors({ half, ids: { dtype: "int64", shape: [1, 2], data: BigInt64Array.of(7n, -1n) } });
  const get = (name: string) => source.get(name) ?? expect.fail(name);
  expect(await readTensor(get("half"))).toEqual(half);
  expect(await readTensor(get("half"), "float32")).toEqual({
    dtype: "float32",
    shape: [2],
    data: Float32Array.of(1, -2),
  });
  expect(await readTensor(get("ids"), "int32")).toEqual({ dtype: "int32", shape: [1, 2], data: Int32Array.of(7, -1) });
  await expect(readTensor(get("half"), "int32", { name: "the mask" })).rejects.toThrow(/^the mask: its dtype cannot/);
});

test("sourceFromTensors refuses data that does not fill its shape, all of it at once", () => {
  const bad = { dtype: "float32", shape: [2, 3], data: new Float32Array(5) } as const;
  const message = 'tensor "a": its data does not fill its shape, expected 6, got 5 elements.\n  - tensor "b"';
  expect(() => sourceFromTensors({ half, a: bad, b: bad })).toThrow(message);
});

test("A11: weights with NaN or infinity are found when asked for", async () => {
  const file = writeSafetensors({
    f16: { dtype: "float16", shape: [2], data: Uint16Array.of(0x7bff, 0xfc00) },
    bf16: { dtype: "bfloat16", shape: [2], data: Uint16Array.of(0x7fc0, 0x7f7f) },
    f32: { dtype: "float32", shape: [3], data: Float32Array.of(0, 1, Number.NaN) },
    f64: { dtype: "float64", shape: [1], data: Float64Array.of(Number.NEGATIVE_INFINITY) },
    fine: { dtype: "float32", shape: [1], data: Float32Array.of(3.4e38) },
    ids: { dtype: "int64", shape: [1], data: BigInt64Array.of(-1n) },
  });
  const error = await checkFinite(await openSafetensors(bytesSource("m", file))).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "non-finite" });
  expect(String(error)).toContain('weight "f32": element 2 is not a finite number');
  expect(error).toHaveProperty("problems.length", 4);
  await expect(checkFinite(sourceFromTensors({ half }))).resolves.toBeUndefined();
});
