// Core composes: configuration, tokenizer, processor, weights, model graphs and a backend become captions and answers.

export { type WeightDType, weightDTypes } from "@glimpsejs/model";
export { type Bound, type BoundLoader, type BoundModel, bind } from "./bind.ts";
export type { CaptionAllOptions, CaptionAllProgress, CaptionAllResult } from "./caption-all-options.ts";
export type { Notice } from "./checkpoint.ts";
export type { ContactSheetOptions } from "./clips/contact-sheet.ts";
export { contactSheetPng, heatMapPng } from "./drawings.ts";
export type { BackendInUse, EncodeOptions } from "./engine.ts";
export type { ExplainedWord, HeatMap } from "./explain/heat-maps.ts";
export type { ForwardOutput } from "./forward/forward.ts";
export type { ForwardInputs } from "./forward/inputs.ts";
export { PastKeyValues } from "./forward/past-key-values.ts";
export { AbortedError } from "./generation/aborted-error.ts";
export type { GenerateOutput } from "./generation/generate.ts";
export type { Prompt } from "./generation/leaves.ts";
export type { GenerateOptions } from "./generation/options.ts";
export type { LogitsProcessor, ProcessorContext } from "./generation/processors/index.ts";
export type { GenerateInputs } from "./generation/request.ts";
export type { Sequence, Step } from "./generation/search.ts";
export { Git } from "./git.ts";
export { GitForCausalLM } from "./git-for-causal-lm.ts";
export { GitModel, type GitModelInputs } from "./git-model.ts";
export { GitProcessor, type ProcessorInputs, type ProcessorOutput } from "./git-processor.ts";
export { GitVisionModel, type VisionInputs, type VisionOutput } from "./git-vision-model.ts";
export type { FrameFeatures } from "./live/frame-features.ts";
export type {
  DraftDType,
  FileSink,
  Host,
  LoadProgress,
  OpenOptions,
  Platform,
  PreparedOrigin,
  PreparedStore,
  SaveTarget,
} from "./platform.ts";
export type { Preset } from "./presets.ts";
export type { FreshModelOptions, ModelOptions } from "./pretrained-model.ts";
export { PreTrainedModel } from "./pretrained-model.ts";
export type { Rows } from "./rows.ts";
export type { LabelScore, RankedText, TextScore } from "./scoring/results.ts";
export type { ScoreRequest } from "./scoring/score-texts.ts";
export type { ClipSubject } from "./subject.ts";
export type {
  EncodeTaskOptions,
  ExplainedText,
  LiveOptions,
  LiveText,
  ScoreOptions,
  StreamOptions,
  Subject,
  TaskOptions,
  TextResult,
} from "./tasks.ts";
export { Trunk } from "./trunk.ts";
export { weightBytes } from "./weight-bytes.ts";
