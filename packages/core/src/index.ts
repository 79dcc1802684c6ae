// Core composes: configuration, tokenizer, processor, weights, model graphs and a backend become captions and answers.
export { type Bound, type BoundLoader, type BoundModel, bind } from "./bind.ts";
export type { Notice } from "./checkpoint.ts";
export type { EncodeOptions } from "./engine.ts";
export type { ForwardOutput } from "./forward/forward.ts";
export type { ForwardInputs, Rows } from "./forward/inputs.ts";
export { PastKeyValues } from "./forward/past-key-values.ts";
export type { GenerateOutput } from "./generation/generate.ts";
export type { Prompt, Sequence, Step } from "./generation/greedy.ts";
export type { GenerateOptions } from "./generation/plan.ts";
export { Git, type StreamOptions, type Subject, type TaskOptions, type TextResult } from "./git.ts";
export { type GenerateInputs, GitForCausalLM } from "./git-for-causal-lm.ts";
export { GitModel, type GitModelInputs } from "./git-model.ts";
export { GitProcessor, type ProcessorInputs, type ProcessorOutput } from "./git-processor.ts";
export { GitVisionModel, type VisionInputs, type VisionOutput } from "./git-vision-model.ts";
export type { FileSink, LoadProgress, OpenOptions, Platform } from "./platform.ts";
export type { FreshModelOptions, ModelOptions } from "./pretrained-model.ts";
export { PreTrainedModel } from "./pretrained-model.ts";
export { Trunk } from "./trunk.ts";
