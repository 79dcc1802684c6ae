// glimpsejs without a platform: the parts, for bundles that bring a platform of their own (`bind(platform)`). In Node
// the export condition `node` gives ./node/index.ts instead, which adds load() and the bound classes.
export { type Backend, type BackendPlugin, firstAvailable } from "@glimpsejs/backend";
export { reference } from "@glimpsejs/backend-reference";
export { type ErrorCode, GlimpseError } from "@glimpsejs/base";
export { GenerationConfig, GitConfig, GitVisionConfig, ImageProcessorConfig, TokenizerConfig } from "@glimpsejs/config";
export type * from "@glimpsejs/core";
export { bind } from "@glimpsejs/core";
export { demoModelLimits } from "@glimpsejs/demo-model";
export { ImageProcessor, type Picture } from "@glimpsejs/processor";
export { BertTokenizer } from "@glimpsejs/tokenizer";
