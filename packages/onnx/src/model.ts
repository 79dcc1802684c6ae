// An ONNX model as plain data, and its bytes. The records hold what Glimpse emits and no more of onnx.proto3
// (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3, where the field numbers below are from).
import type { DType, TensorType } from "@glimpsejs/graph";
import { ProtoWriter } from "./protobuf.ts";

/** A byte range of a file next to the model: little-endian elements, row-major. */
export interface ExternalData {
  /** Path relative to the folder of the model, "/" between its parts. */
  readonly path: string;
  /** First byte. */
  readonly offset: number;
}

/** A tensor that is part of the model: its bytes, or where they are. */
export interface OnnxTensor {
  /** Unique in the model. */
  readonly name: string;
  /** Element type. */
  readonly dtype: DType;
  /** Sizes, outermost first. */
  readonly shape: readonly number[];
  /** Bytes of all elements. */
  readonly byteLength: number;
  /** The bytes, little-endian and row-major, or where they are. */
  readonly data: Uint8Array | ExternalData;
}

/** An attribute: a number is an int, a list of numbers is ints. */
export type OnnxAttribute =
  | number
  | readonly number[]
  | {
      /** A float, rounded to float32. */
      readonly float: number;
    };

/** One node. Names of values are free text; `""` stands for an input that is left out. */
export interface OnnxNode {
  /** For errors and profiles of the runtime. */
  readonly name: string;
  /** Op type, such as "MatMul". */
  readonly op: string;
  /** "com.microsoft" for the ops that ONNX Runtime adds, "" for those of the standard. */
  readonly domain: "" | "com.microsoft";
  /** Names of values, in the order of the op. */
  readonly inputs: readonly string[];
  /** Names of values, in the order of the op. */
  readonly outputs: readonly string[];
  /** By the op's names for them. */
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** A whole model. */
export interface OnnxModel {
  /** Name of the graph. */
  readonly name: string;
  /** What is fed at each run, by name. */
  readonly inputs: Readonly<Record<string, TensorType>>;
  /** Weights and constants. */
  readonly initializers: readonly OnnxTensor[];
  /** In an order in which they can run. */
  readonly nodes: readonly OnnxNode[];
  /** What a run gives, by name. */
  readonly outputs: Readonly<Record<string, TensorType>>;
}

// Opset 17 is the first with LayerNormalization; IR version 8 is the one of that ONNX release.
const irVersion = 8;
const opset = 17;

const dataTypes: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};

/** The value of an attribute `to` of Cast. */
export const float32DataType = dataTypes.float32;

/** The value of an attribute `to` of Cast. */
export const int32DataType = dataTypes.int32;

/** Writes a model as a protobuf ModelProto. Under 2 GB only, so large tensors have to be external. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const w = new ProtoWriter();
  w.int(1, irVersion).string(2, "glimpse");
  w.message(7, () => {
    for (const node of model.nodes) w.message(1, () => writeNode(w, node));
    w.string(2, model.name);
    for (const tensor of model.initializers) w.message(5, () => writeTensor(w, tensor));
    for (const [name, type] of Object.entries(model.inputs)) w.message(11, () => writeValue(w, name, type));
    for (const [name, type] of Object.entries(model.outputs)) w.message(12, () => writeValue(w, name, type));
  });
  w.message(8, () => w.string(1, "").int(2, opset));
  w.message(8, () => w.string(1, "com.microsoft").int(2, 1));
  return w.finish();
}

function writeNode(w: ProtoWriter, node: OnnxNode): void {
  for (const input of node.inputs) w.string(1, input);
  for (const output of node.outputs) w.string(2, output);
  w.string(3, node.name).string(4, node.op);
  for (const [name, value] of Object.entries(node.attributes)) {
    w.message(5, () => {
      w.string(1, name);
      if (typeof value === "number") w.int(3, value).int(20, 2);
      else if ("float" in value) w.float(2, value.float).int(20, 1);
      else w.ints(8, value).int(20, 7);
    });
  }
  w.string(7, node.domain);
}

function writeTensor(w: ProtoWriter, { name, dtype, shape, byteLength, data }: OnnxTensor): void {
  w.ints(1, shape).int(2, dataTypes[dtype]).string(8, name);
  if (data instanceof Uint8Array) {
    w.bytes(9, data);
    return;
  }
  const entries = { location: data.path, offset: String(data.offset), length: String(byteLength) };
  for (const [key, value] of Object.entries(entries)) w.message(13, () => w.string(1, key).string(2, value));
  w.int(14, 1);
}

function writeValue(w: ProtoWriter, name: string, { dtype, shape }: TensorType): void {
  const dims = () => {
    for (const dim of shape) w.message(1, () => (typeof dim === "number" ? w.int(1, dim) : w.string(2, dim)));
  };
  const tensor = () => w.int(1, dataTypes[dtype]).message(2, dims);
  w.string(1, name).message(2, () => w.message(1, tensor));
}
