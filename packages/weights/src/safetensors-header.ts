// The header of a safetensors file: JSON that says which tensor lies where. Everything the format promises is checked
// here, as strictly as the reference implementation does and in a few places more. Reads no tensor data, and does not
// look for NaN.
// Format: https://github.com/huggingface/safetensors#format
import { GlimpseError, type JsonValue, type Problem, parseJson, show } from "@glimpsejs/base";
import type { DType } from "@glimpsejs/graph";

/** Longest header in bytes; the format's own limit. */
export const maxHeaderBytes = 100_000_000;

/**
 * Most tensors in one file. The format has no such limit; GIT checkpoints have less than a thousand, and the largest
 * published models some ten thousand per file, while a hostile header has room for more than a million.
 */
export const maxTensors = 100_000;

/** Most dimensions of one tensor, as in PyTorch and NumPy. */
export const maxRank = 64;

/** Where one tensor lies. */
export interface TensorInfo {
  /** Element type. */
  readonly dtype: DType;
  /** Sizes, outermost first; none for a number. */
  readonly shape: readonly number[];
  /** First byte, counted from the start of the data section. */
  readonly offset: number;
  /** Bytes of all elements. */
  readonly byteLength: number;
}

/** A checked header: the tensors cover the data section without holes or overlap. */
export interface SafetensorsHeader {
  /** Tensors by name, in the order of their data. Names are data: any string, also "__proto__" and "". */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** The `__metadata__` of the file; empty if it has none. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Every dtype of the format: bits per element, and the name it has here where it can be read. */
const formats: ReadonlyMap<string, { readonly bits: number; readonly dtype?: DType }> = new Map([
  ["F64", { bits: 64, dtype: "float64" }],
  ["F32", { bits: 32, dtype: "float32" }],
  ["F16", { bits: 16, dtype: "float16" }],
  ["BF16", { bits: 16, dtype: "bfloat16" }],
  ["I64", { bits: 64, dtype: "int64" }],
  ["I32", { bits: 32, dtype: "int32" }],
  ["I16", { bits: 16, dtype: "int16" }],
  ["I8", { bits: 8, dtype: "int8" }],
  ["U8", { bits: 8, dtype: "uint8" }],
  ["BOOL", { bits: 8, dtype: "bool" }],
  ["U64", { bits: 64 }],
  ["U32", { bits: 32 }],
  ["U16", { bits: 16 }],
  ["C64", { bits: 64 }],
  ["F8_E5M2", { bits: 8 }],
  ["F8_E4M3", { bits: 8 }],
  ["F8_E8M0", { bits: 8 }],
  ["F8_E5M2FNUZ", { bits: 8 }],
  ["F8_E4M3FNUZ", { bits: 8 }],
  ["F6_E2M3", { bits: 6 }],
  ["F6_E3M2", { bits: 6 }],
  ["F4", { bits: 4 }],
]);

const readable = [...formats].filter(([, format]) => format.dtype !== undefined).map(([name]) => name);

/**
 * Parses and checks a header. `json` is the header without the eight length bytes, `dataLength` the bytes that follow
 * it, `file` what errors call the file.
 * Throws "invalid-json" where the header is not strict JSON, else "invalid-weights" with every problem found.
 */
export function parseSafetensorsHeader(json: Uint8Array, dataLength: number, file: string): SafetensorsHeader {
  const subject = `header of ${file}`;
  const text = json.subarray(0, lengthWithoutPadding(json));
  if (text[0] !== 0x7b || text.at(-1) !== 0x7d) {
    const expected = '"{" … "}", padded with spaces only';
    const got = `${byteName(text[0])} … ${byteName(text.at(-1))}`;
    fail([{ subject, problem: "it is not one JSON object", expected, got }]);
  }
  const limits = { maxLength: maxHeaderBytes, maxDepth: 4, maxMembers: maxTensors, onlyUnsigned: true };
  const entries = members(parseJson(text, subject, limits)) ?? []; // it begins with "{", so it is an object
  const problems: Problem[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  const tensors: (readonly [string, TensorInfo])[] = [];
  for (const [name, value] of entries) {
    if (name === "__metadata__") metadata = parseMetadata(value, subject, problems);
    else {
      const info = parseTensor(value, tensorSubject(name, file), problems);
      if (info !== undefined) tensors.push([name, info]);
    }
  }
  // Holes and overlaps mean little while some tensors are unknown.
  if (problems.length > 0) fail(problems);
  tensors.sort(([, a], [, b]) => a.offset - b.offset || a.byteLength - b.byteLength);
  checkLayout(tensors, dataLength, file, problems);
  if (problems.length > 0) fail(problems);
  return { tensors: new Map(tensors), metadata };
}

/** What errors call a tensor of a file. */
export function tensorSubject(name: string, file: string): string {
  return `tensor ${show(name, 200)} of ${file}`;
}

/** The format's name of a dtype, such as "F32". */
export function formatOf(dtype: DType): string {
  for (const [name, format] of formats) if (format.dtype === dtype) return name;
  throw new TypeError(`no format for ${dtype}`); // the table has every DType
}

function parseMetadata(value: JsonValue, subject: string, problems: Problem[]): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  const entries = members(value);
  for (const [key, text] of entries ?? []) if (typeof text === "string") metadata.set(key, text);
  if (metadata.size !== entries?.length) {
    problems.push({ subject, problem: "__metadata__ is not a map of strings", got: show(value) });
  }
  return metadata;
}

function parseTensor(value: JsonValue, subject: string, problems: Problem[]): TensorInfo | undefined {
  const before = problems.length;
  const wrong = (problem: string, expected: string, got: JsonValue | undefined): undefined => {
    problems.push({ subject, problem, expected, got: show(got) });
  };
  const entries = members(value);
  if (entries === undefined) return wrong("its entry is not an object", '{"dtype", "shape", "data_offsets"}', value);
  const fields = new Map(entries);
  for (const key of fields.keys()) {
    if (key !== "dtype" && key !== "shape" && key !== "data_offsets") {
      wrong("its entry has an unknown key", "dtype, shape, data_offsets", key);
    }
  }

  const dtypeName = fields.get("dtype");
  const format = typeof dtypeName === "string" ? formats.get(dtypeName) : undefined;
  if (format === undefined) wrong("unknown dtype", readable.join(", "), dtypeName);

  const shape = integers(fields.get("shape"));
  if (shape === undefined) wrong("its shape is not a list of dimensions", "integers of 0 or more", fields.get("shape"));
  else if (shape.length > maxRank) wrong("too many dimensions", `at most ${maxRank}`, shape.length);

  const [begin, end, ...more] = integers(fields.get("data_offsets")) ?? [];
  if (begin === undefined || end === undefined || more.length > 0) {
    wrong("its data_offsets are not two byte offsets", "[begin, end]", fields.get("data_offsets"));
  } else if (end < begin) wrong("its data ends before it begins", "begin <= end", [begin, end]);

  if (problems.length > before) return undefined;
  if (format === undefined || shape === undefined || begin === undefined || end === undefined) return undefined;
  const bits = checkedProduct([format.bits, ...shape]);
  if (bits === undefined) return wrong("its size overflows", "less than 2^53 bits", shape);
  if (bits % 8 !== 0) return wrong("its elements do not end on a whole byte", "a multiple of 8 bits", bits);
  if (bits / 8 !== end - begin) {
    return wrong(`its data does not fit ${dtypeName} ${show(shape)}`, `${bits / 8} bytes`, end - begin);
  }
  if (format.dtype === undefined) return wrong("its dtype cannot be read here", readable.join(", "), dtypeName);
  return { dtype: format.dtype, shape, offset: begin, byteLength: end - begin };
}

/** The rule of the format: sorted by offset, the tensors tile the data section exactly. */
function checkLayout(
  tensors: readonly (readonly [string, TensorInfo])[],
  dataLength: number,
  file: string,
  problems: Problem[],
): void {
  let end = 0;
  for (const [name, { offset, byteLength }] of tensors) {
    if (offset !== end) {
      const problem = offset < end ? "its data overlaps another tensor's" : "there is a hole before its data";
      problems.push({
        subject: tensorSubject(name, file),
        problem,
        expected: `a begin at byte ${end}`,
        got: String(offset),
      });
    }
    end = offset + byteLength;
  }
  if (end !== dataLength) {
    problems.push({
      subject: file,
      problem: end > dataLength ? "it ends inside its tensors" : "there are bytes after its last tensor",
      expected: `${end} bytes of data`,
      got: String(dataLength),
      advice: end > dataLength ? "The file was cut off; fetch it again." : undefined,
    });
  }
}

/** Product, or undefined where it is too large to be exact. */
function checkedProduct(factors: readonly number[]): number | undefined {
  let product = 1;
  for (const factor of factors) {
    product *= factor;
    if (!Number.isSafeInteger(product)) return undefined;
  }
  return product;
}

function members(value: JsonValue): [string, JsonValue][] | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;
}

function integers(value: JsonValue | undefined): readonly number[] | undefined {
  return Array.isArray(value) && value.every((n) => typeof n === "number") ? value : undefined;
}

/** The format pads with spaces; tabs, newlines and NULs are not padding. */
function lengthWithoutPadding(json: Uint8Array): number {
  let length = json.length;
  while (json[length - 1] === 0x20) length--;
  return length;
}

function byteName(byte: number | undefined): string {
  if (byte === undefined) return "nothing";
  return byte > 0x20 && byte < 0x7f ? show(String.fromCharCode(byte)) : `byte 0x${byte.toString(16).padStart(2, "0")}`;
}

function fail(problems: readonly Problem[]): never {
  throw new GlimpseError(problems, { code: "invalid-weights" });
}
