// Schemas of the config files of a GIT checkpoint: model, vision, processor, generation and tokenizer.
export { GenerationConfig } from "./generation-config.ts";
export {
  type Activation,
  activations,
  GitConfig,
  GitVisionConfig,
  type PositionEmbeddingType,
  positionEmbeddingTypes,
} from "./git-config.ts";
export { ImageProcessorConfig, type PixelSize, type Resample, type ResizeTarget } from "./image-processor-config.ts";
export { type PresetName, presetConfig, presetNames } from "./presets.ts";
export type { ConfigInit, ConfigKind, ConfigRecord, JsonObject } from "./record.ts";
export { type Side, TokenizerConfig } from "./tokenizer-config.ts";
