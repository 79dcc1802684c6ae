// glimpsejs in browsers: load() and the classes of the documentation, wired to the page's storage, the Hub, the browser's
// decoders and the backends that run there.
import type * as core from "@glimpsejs/core";
import { bind } from "@glimpsejs/core";
import { webPlatform } from "./platform.ts";

export { type OrtWebOptions, type OrtWebUrls, ortWeb } from "@glimpsejs/backend-ort-web";
export { type ClipSource, type ImageSource, loadClip, loadImage, videoFrames } from "@glimpsejs/processor/web";
export { type CachedFile, OpfsCache } from "@glimpsejs/weights/web";
export * from "../index.ts";
export type { WebSource } from "./checkpoint.ts";
export { type WebPlatformOptions, webPlatform } from "./platform.ts";

// The constants at the end are values; these are the types of what they make, under the same names.

/** What `GitForCausalLM.fromPretrained()` resolves to. */
export type GitForCausalLM = core.GitForCausalLM;
/** What `GitModel.fromPretrained()` resolves to. */
export type GitModel = core.GitModel;
/** What `GitVisionModel.fromPretrained()` resolves to. */
export type GitVisionModel = core.GitVisionModel;
/** What `GitProcessor.fromPretrained()` resolves to. */
export type GitProcessor = core.GitProcessor;

/** Loads a checkpoint (the bundled demo checkpoint when left out), ready to caption and answer. */
export const {
  load,
  GitForCausalLM,
  GitModel,
  GitVisionModel,
  AutoModel,
  AutoModelForCausalLM,
  GitProcessor,
  AutoProcessor,
  AutoTokenizer,
  AutoImageProcessor,
  AutoConfig,
} = bind(webPlatform());
