// glimpsejs in Node: load() and the classes of the documentation, wired to disk, the Hub and the installed backends.
import type * as core from "@glimpsejs/core";
import { bind } from "@glimpsejs/core";
import { nodePlatform } from "./platform.ts";

export { ortNode } from "@glimpsejs/backend-ort-node";
export { type ClipSource, loadClip, loadImage } from "@glimpsejs/processor/node";
export * from "../index.ts";
export { type NodePlatformOptions, nodePlatform } from "./platform.ts";

// The constants at the end are values; these are the types of what they make, under the same names.

/** What `GitForCausalLM.fromPretrained()` resolves to. */
export type GitForCausalLM = core.GitForCausalLM;
/** What `GitModel.fromPretrained()` resolves to. */
export type GitModel = core.GitModel;
/** What `GitVisionModel.fromPretrained()` resolves to. */
export type GitVisionModel = core.GitVisionModel;
/** What `GitProcessor.fromPretrained()` resolves to. */
export type GitProcessor = core.GitProcessor;

/** Loads a checkpoint by Hub id or folder (the bundled demo checkpoint when left out), ready to caption and answer. */
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
} = bind(nodePlatform());
