import { type DType, viewAs, type Weight, type WeightSource } from "@glimpsejs/graph";
import { describe, expect, test } from "vitest";
import { quantizationConfig } from "./quantization-config.ts";
import { checkQuantizationConfig, joinQuantized } from "./stored-quantized.ts";

const tensor = (dtype: DType, shape: readonly number[], data: ArrayBufferView = new Uint8Array()): Weight => {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { dtype, shape, byteLength: bytes.length, bytes: async () => bytes };
};
const source = (stored: Readonly<Record<string, Weight>>): WeightSource => ({
  names: Object.keys(stored),
  get: (name) => stored[name],
});

describe("joinQuantized", () => {
  test("two tensors are one weight, which is float32 when it is read and hands on its parts", async () => {
    const weight = tensor("int8", [2, 2], Int8Array.of(1, -2, 127, 0));
    const scales = tensor("float32", [2, 1], Float32Array.of(0.5, 2));
    const bias = tensor("float32", [2]);
    const joined = joinQuantized(source({ "a.weight.int8": weight, "a.weight.scales": scales, "a.bias": bias }), true);
    expect(joined.names).toEqual(["a.bias", "a.weight"]);
    expect(joined.get("a.weight.int8")).toBeUndefined();
    const a = joined.get("a.weight");
    expect(a).toMatchObject({ dtype: "float32", shape: [2, 2], byteLength: 16 });
    expect(a?.quantized).toEqual({ format: { bits: 8, block: 2 }, weight, scales });
    expect([...viewAs((await a?.bytes()) ?? new Uint8Array(), "float32")]).toEqual([0.5, -1, 254, 0]);
  });

  test("4 bits say their block by the number of scales; a weight that is also stored as floats keeps them", () => {
    const floats = tensor("float32", [2, 64]);
    const joined = joinQuantized(
      source({ w: floats, "w.int4": tensor("uint8", [2, 32]), "w.scales": tensor("float32", [2, 4]) }),
      true,
    );
    expect(joined.names).toEqual(["w"]);
    expect(joined.get("w")?.bytes).toBe(floats.bytes);
    expect(joined.get("w")?.quantized?.format).toEqual({ bits: 4, block: 16 });
  });

  test("a source without such names is handed back", () => {
    const plain = source({ w: tensor("float32", [1]) });
    expect(joinQuantized(plain, false)).toBe(plain);
    expect(joinQuantized(plain, true)).toBe(plain);
  });

  test("everything that is wrong is listed at once", () => {
    const broken = source({
      "alone.int8": tensor("int8", [2, 4]),
      "orphan.scales": tensor("float32", [2, 1]),
      "dtype.int8": tensor("uint8", [2, 4]),
      "dtype.scales": tensor("float32", [2, 1]),
      "rows.int8": tensor("int8", [2, 4]),
      "rows.scales": tensor("float32", [3, 1]),
      "block.int4": tensor("uint8", [2, 12]),
      "block.scales": tensor("float32", [2, 1]),
      "rank.int4": tensor("uint8", [24]),
      "rank.scales": tensor("float32", [2, 1]),
    });
    expect(() => joinQuantized(broken, false)).toThrow(
      [
        "7 problems:",
        '  - config.json quantization_config: it is missing, though the weights are quantized, expected {"quant_method":"glimpse","version":1,"dtype":"int8"}.',
        '  - weight "alone.int8": its scales are missing, expected "alone.scales".',
        '  - weight "orphan.scales": the weight that it scales is missing.',
        '  - weight "dtype.int8": it and its scales are no quantized weight, expected int8[N, K] and float32[N, 1], got uint8[2, 4] and float32[2, 1].',
        '  - weight "rows.int8": it and its scales are no quantized weight, expected int8[N, K] and float32[N, 1], got int8[2, 4] and float32[3, 1].',
        '  - weight "block.int4": it and its scales are no quantized weight, expected uint8[N, K/2] and float32[N, K/block], got uint8[2, 12] and float32[2, 1].',
        '  - weight "rank.int4": it and its scales are no quantized weight, expected uint8[N, K/2] and float32[N, K/block], got uint8[24] and float32[2, 1].',
      ].join("\n"),
    );
  });
});

describe("checkQuantizationConfig", () => {
  const check = (json: Parameters<typeof checkQuantizationConfig>[0]) => () => checkQuantizationConfig(json, "c");

  test("accepts what is written, and nothing at all", () => {
    for (const dtype of ["int8", "int4"] as const) expect(check({ ...quantizationConfig(dtype), x: 1 })).not.toThrow();
    expect(check(undefined)).not.toThrow();
    expect(check(null)).not.toThrow();
  });

  test("other programs' formats and later versions are refused as such", () => {
    expect(check({ quant_method: "gptq", bits: 4 })).toThrow(
      'c quantization_config.quant_method: the checkpoint is quantized in a format that cannot be read, expected "glimpse", got "gptq".',
    );
    expect(check({ ...quantizationConfig("int8"), version: 2 })).toThrow(
      "c quantization_config.version: the format is newer than this version of Glimpse, expected 1, got 2. Update",
    );
  });

  test.each([[[]], ["int8"], [{}], [7]])("%j is a list of wrong fields", (json) => {
    expect(check(json)).toThrow(/^3 problems:/);
    expect(check(json)).toThrow('dtype: the value is wrong, expected "int8" or "int4", got undefined');
  });
});
