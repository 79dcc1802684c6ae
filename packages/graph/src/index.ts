// The graph IR as plain data. This file only lists the public names.
export { bindFeeds, type FeedType } from "./bind.ts";
export { type Builder, buildGraph, type Value } from "./builder.ts";
export { bfloat16ToFloat, halfToFloat, toFloat32, toInt32, viewAs } from "./convert.ts";
export {
  addDims,
  type Bindings,
  bindable,
  canonical,
  type Dim,
  dimNames,
  dimTerms,
  divideDim,
  evaluateDim,
  mulDims,
  type Shape,
  shapeProduct,
} from "./dim.ts";
export { formatType, type Graph, type Node, nodeInputs, type TensorType, type ValueName } from "./graph.ts";
export { inferNode, type UntypedNode } from "./infer.ts";
export { type ActivationFunction, activationFunctions } from "./ops/activation.ts";
export type { RelativePositions } from "./ops/attention.ts";
export { type Attributes, type Inputs, type OpName, ops } from "./ops/index.ts";
export type { QuantizedFormat } from "./ops/quantized-linear.ts";
export { print } from "./print.ts";
export { dequantize, type QuantizedWeight, quantize } from "./quantize.ts";
export { specialize } from "./specialize.ts";
export {
  bytesPerElement,
  type DataOf,
  type DType,
  elementCount,
  float32,
  type HostTensor,
  int32,
  type LocalFile,
  type StoredQuantized,
  type Weight,
  type WeightLocation,
  type WeightSource,
} from "./tensor.ts";
export { floatToHalf } from "./to-half.ts";
export { transpose, transposeInto } from "./transpose.ts";
export { prune, verify } from "./verify.ts";
