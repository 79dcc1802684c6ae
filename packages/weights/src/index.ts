// Safetensors and PyTorch checkpoints by byte ranges, from folders and the Hugging Face Hub. This file only lists the
// public names.
export { type ByteSource, bytesSource } from "./byte-source.ts";
export {
  type CheckpointFiles,
  type CheckpointPlace,
  checkpointFiles,
  missingFile,
  type OpenWeightsOptions,
  openWeights,
} from "./hub/files.ts";
export { openSafetensors, readSafetensorsHeader } from "./safetensors.ts";
export { parseSafetensorsHeader, type SafetensorsHeader, type TensorInfo } from "./safetensors-header.ts";
export { type SafetensorsMetadata, streamSafetensors, writeSafetensors } from "./safetensors-writer.ts";
export { openSharded, type ShardedOptions } from "./sharded.ts";
export { checkFinite, type ReadOptions, readTensor, sourceFromTensors } from "./tensor.ts";
export { openTorch } from "./torch.ts";
