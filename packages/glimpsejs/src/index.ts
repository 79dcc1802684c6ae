// glimpsejs without a platform: the parts, for bundles that bring a platform of their own (`bind(platform)`). The main
// entry is ./node/index.ts in Node and ./web/index.ts elsewhere, which add load() and the bound classes.
export { type Backend, type BackendPlugin, firstAvailable } from "@glimpsejs/backend";
export { reference } from "@glimpsejs/backend-reference";
export { webgpu } from "@glimpsejs/backend-webgpu";
export { type ErrorCode, GlimpseError } from "@glimpsejs/base";
export { GenerationConfig, GitConfig, GitVisionConfig, ImageProcessorConfig, TokenizerConfig } from "@glimpsejs/config";
export type * from "@glimpsejs/core";
export { AbortedError, bind, contactSheetPng, heatMapPng, PastKeyValues, Trunk } from "@glimpsejs/core";
export { demoModelLimits } from "@glimpsejs/demo-model";
export { type Clip, type ClipFrame, ImageProcessor, type Picture, type Sampling } from "@glimpsejs/processor";
export { BertTokenizer } from "@glimpsejs/tokenizer";
