// Graph to ONNX bytes with external data; needs no device. This file only lists the public names.
export { eightBitWeights, withEightBits } from "./eight-bits.ts";
export {
  type ExternalData,
  encodeModel,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from "./model.ts";
export { printOnnx } from "./print.ts";
export type { OnnxTarget } from "./target.ts";
export { lowerGraph, type OnnxWeight, toOnnx } from "./to-onnx.ts";
