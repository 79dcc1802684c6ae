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

const bound = bind(nodePlatform());

/** Loads a checkpoint by Hub id or folder (the bundled demo checkpoint when left out), ready to caption and answer. */
export const load = bound.load;
/** The whole model: pictures or clips and text in, text out. `fromPretrained(source?, options?)`, `fromConfig(config, options?)`. */
export const GitForCausalLM = bound.GitForCausalLM;
/** The model without its head: hidden states. `fromPretrained(source?, options?)`, `fromConfig(config, options?)`. */
export const GitModel = bound.GitModel;
/** The image encoder alone, from its own checkpoint or a whole model's. `fromPretrained(source?, options?)`, `fromConfig(config, options?)`. */
export const GitVisionModel = bound.GitVisionModel;
/** {@link GitModel} under the name that examples use. */
export const AutoModel = bound.AutoModel;
/** {@link GitForCausalLM} under the name that examples use. */
export const AutoModelForCausalLM = bound.AutoModelForCausalLM;
/** Tokenizer and image processor of a checkpoint. `fromPretrained(source?, options?)`. */
export const GitProcessor = bound.GitProcessor;
/** {@link GitProcessor} under the name that examples use. */
export const AutoProcessor = bound.AutoProcessor;
/** The tokenizer of a checkpoint alone. `fromPretrained(source?, options?)`. */
export const AutoTokenizer = bound.AutoTokenizer;
/** The image processor of a checkpoint alone. `fromPretrained(source?, options?)`. */
export const AutoImageProcessor = bound.AutoImageProcessor;
/** The configuration of a checkpoint alone. `fromPretrained(source?, options?)`. */
export const AutoConfig = bound.AutoConfig;
