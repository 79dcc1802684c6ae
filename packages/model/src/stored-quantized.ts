// Reading what savePretrained() of a quantized model wrote: in model.safetensors a quantized weight X [N, K] is two
// tensors, X.int8 [N, K] or X.int4 [N, K/2] (uint8) and X.scales [N, K/block] (float32); in config.json
// `quantization_config` says so. Such a pair becomes the one weight X again, float32 when it is read.
import { GlimpseError, type JsonValue, type Problem, show } from "@glimpsejs/base";
import {
  dequantize,
  elementCount,
  type QuantizedFormat,
  type StoredQuantized,
  viewAs,
  type Weight,
  type WeightSource,
} from "@glimpsejs/graph";
import {
  quantizationConfig,
  quantizationField,
  quantizationMethod,
  quantizationVersion,
} from "./quantization-config.ts";
import { quantizedTypes, scalesName } from "./quantized-tensors.ts";

const method = quantizationMethod;
const version = quantizationVersion;
const dtypes = ["int8", "int4"] as const;

/**
 * Checks `quantization_config` of a config.json; undefined where it is absent. Throws "unsupported" for the format of
 * another program or a later version, "invalid-config" listing every field that is wrong. `subject` is the file's name.
 */
export function checkQuantizationConfig(json: JsonValue | undefined, subject: string): void {
  if (json === undefined || json === null) return;
  const at = `${subject} ${quantizationField}`;
  const fields =
    typeof json === "object" && !Array.isArray(json) ? (json as { readonly [key: string]: JsonValue }) : {};
  const { quant_method: name, version: found, dtype } = fields;
  if (typeof name === "string" && name !== method) {
    const advice = "Load the checkpoint that it was made of, with dtype.";
    const problem = "the checkpoint is quantized in a format that cannot be read";
    throw new GlimpseError(
      { subject: `${at}.quant_method`, problem, expected: `"${method}"`, got: show(name), advice },
      { code: "unsupported" },
    );
  }
  if (typeof found === "number" && found > version) {
    const problem = "the format is newer than this version of Glimpse";
    throw new GlimpseError(
      { subject: `${at}.version`, problem, expected: `${version}`, got: `${found}`, advice: "Update Glimpse." },
      { code: "unsupported" },
    );
  }
  const problems: Problem[] = [];
  const expect = (field: string, isRight: boolean, expected: string, got: JsonValue | undefined) => {
    if (!isRight) problems.push({ subject: `${at}.${field}`, problem: "the value is wrong", expected, got: show(got) });
  };
  expect("quant_method", name === method, `"${method}"`, name);
  expect("version", found === version, `${version}`, found);
  expect(
    "dtype",
    dtypes.some((known) => known === dtype),
    dtypes.map((known) => `"${known}"`).join(" or "),
    dtype,
  );
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-config" });
}

/**
 * `source` with the pairs of quantized tensors as one weight each; the same source where there are none. Throws one
 * "invalid-weights" error listing every tensor without its other half, of a wrong dtype or shape, or stored twice, and
 * all of them where `isDescribed` is false: then nothing says that these names mean this format.
 */
export function joinQuantized(source: WeightSource, isDescribed: boolean): WeightSource {
  const problems: Problem[] = [];
  const joined = new Map<string, Weight>();
  const halves = new Set<string>();
  for (const name of source.names) {
    const match = /^(.+)\.(int8|int4|scales)$/s.exec(name);
    const [, base = "", kind] = match ?? [];
    if (match === null) continue;
    halves.add(name);
    if (kind === "scales") {
      if (!dtypes.some((dtype) => source.get(`${base}.${dtype}`) !== undefined)) {
        problems.push({ subject: `weight ${show(name)}`, problem: "the weight that it scales is missing" });
      }
      continue;
    }
    if (joined.has(base)) problems.push({ subject: `weight ${show(base)}`, problem: "it is stored as int8 and int4" });
    const found = readPair(source, base, kind === "int8" ? 8 : 4);
    if ("problem" in found) problems.push(found);
    else joined.set(base, { ...(source.get(base) ?? dequantized(found)), quantized: found });
  }
  if (halves.size === 0) return source;
  if (!isDescribed) {
    problems.unshift({
      subject: `config.json ${quantizationField}`,
      problem: "it is missing, though the weights are quantized",
      expected: JSON.stringify(quantizationConfig("int8")),
    });
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-weights" });
  const floats = source.names.filter((name) => !halves.has(name));
  return {
    names: [...new Set([...floats, ...joined.keys()])],
    get: (name) => joined.get(name) ?? (halves.has(name) ? undefined : source.get(name)),
    dispose: async () => source.dispose?.(),
  };
}

/** The two tensors of a weight, checked against each other. */
function readPair(source: WeightSource, base: string, bits: 8 | 4): StoredQuantized | Problem {
  const [weight, scales] = [source.get(`${base}.int${bits}`), source.get(scalesName(base))];
  const subject = `weight ${show(`${base}.int${bits}`)}`;
  if (weight === undefined || scales === undefined) {
    return { subject, problem: "its scales are missing", expected: show(scalesName(base)) };
  }
  const [n = 0, stored = 0] = weight.shape;
  const k = bits === 8 ? stored : 2 * stored;
  const blocks = scales.shape[1] ?? 0;
  const block = bits === 8 ? k : k / blocks;
  const fits = bits === 8 || (block >= 16 && Number.isInteger(Math.log2(block)));
  const format: QuantizedFormat = { bits, block };
  const types = quantizedTypes(n, k, format);
  const has = ({ dtype, shape }: Weight, type: { readonly dtype: string; readonly shape: readonly unknown[] }) =>
    `${dtype}[${shape.join(", ")}]` === `${type.dtype}[${type.shape.join(", ")}]`;
  if (weight.shape.length !== 2 || k === 0 || !fits || !has(weight, types.weight) || !has(scales, types.scales)) {
    const written = (tensor: Weight) => `${tensor.dtype}[${tensor.shape.join(", ")}]`;
    const expected = bits === 8 ? "int8[N, K] and float32[N, 1]" : "uint8[N, K/2] and float32[N, K/block]";
    const got = `${written(weight)} and ${written(scales)}`;
    return { subject, problem: "it and its scales are no quantized weight", expected, got };
  }
  return { format, weight, scales };
}

/** The weight that a pair stands for. */
function dequantized({ format, weight, scales }: StoredQuantized): Weight {
  const [n = 0, stored = 0] = weight.shape;
  const shape = [n, format.bits === 8 ? stored : 2 * stored];
  return {
    dtype: "float32",
    shape,
    byteLength: 4 * elementCount(shape),
    async bytes(signal) {
      const data = viewAs(await weight.bytes(signal), format.bits === 8 ? "int8" : "uint8");
      const values = dequantize({ data, scales: viewAs(await scales.bytes(signal), "float32") }, format);
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    },
  };
}
