// glimpsejs in Node: load() and the classes of the documentation, wired to disk, the Hub and the installed backends.
import { bind } from "@glimpsejs/core";
import { nodePlatform } from "./platform.ts";

export { ortNode } from "@glimpsejs/backend-ort-node";
export { loadImage } from "@glimpsejs/processor/node";
export * from "../index.ts";
export { type NodePlatformOptions, nodePlatform } from "./platform.ts";

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
