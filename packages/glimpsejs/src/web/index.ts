// glimpsejs in browsers: load() and the classes of the documentation, wired to the page's storage, the Hub, the browser's
// decoders and the backends that run there.
import type * as core from "@glimpsejs/core";
import { bind } from "@glimpsejs/core";
import { webPlatform } from "./platform.ts";

export { type OrtWebOptions, type OrtWebUrls, ortWeb } from "@glimpsejs/backend-ort-web";
export { type ClipSource, type ImageSource, loadClip, loadImage, videoFrames } from "@glimpsejs/processor/web";
export { type CachedFile, OpfsCache } from "@glimpsejs/weights/web";
export * from "../index.ts";
export { browserBackend } from "./browser-backend.ts";
export type { WebSource } from "./checkpoint.ts";
export { type WebPlatformOptions, webPlatform } from "./platform.ts";
export { selfTested } from "./self-tested.ts";
export { loadInWorker, type WorkerGit, type WorkerOptions, type WorkerTrunk } from "./worker/load-in-worker.ts";
export { type Port, serveGlimpse } from "./worker/serve.ts";

// The constants at the end are values; these are the types of what they make, under the same names.

/** What `GitForCausalLM.fromPretrained()` resolves to. */
export type GitForCausalLM = core.GitForCausalLM;
/** What `GitModel.fromPretrained()` resolves to. */
export type GitModel = core.GitModel;
/** What `GitVisionModel.fromPretrained()` resolves to. */
export type GitVisionModel = core.GitVisionModel;
/** What `GitProcessor.fromPretrained()` resolves to. */
export type GitProcessor = core.GitProcessor;

const bound = bind(webPlatform());

/** Loads a checkpoint (the bundled demo checkpoint when left out), ready to caption and answer. */
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
