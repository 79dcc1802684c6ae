// GIT as graphs: config in, graph out, and the checkpoint names of its weights.
export {
  canonicalName,
  expectedWeights,
  layerPrefix,
  type ModelPart,
  positionTable,
  temporalEmbedding,
  wordEmbeddings,
} from "./architecture.ts";
export { remainingHeads } from "./blocks.ts";
export { decoderGraph } from "./decoder.ts";
export { positionsFor, readQuantized } from "./doors.ts";
export { draftGraph } from "./draft.ts";
export { forwardGraph } from "./forward-graph.ts";
export { halfWeights } from "./half.ts";
export { interpolatePositions } from "./interpolate.ts";
export { matchWeights } from "./match-weights.ts";
export { quantizationConfig, quantizationField } from "./quantization-config.ts";
export { planQuantization, type QuantizationPlan, type WeightDType, weightDTypes } from "./quantization-plan.ts";
export { quantizedWeights, quantizeGraph } from "./quantize.ts";
export { quantizedName, quantizedTypes, scalesName } from "./quantized-tensors.ts";
export { checkQuantizationConfig, joinQuantized } from "./stored-quantized.ts";
export { separateTrunk } from "./text-decoder.ts";
export { type VisionGraphOptions, visionGraph } from "./vision.ts";
