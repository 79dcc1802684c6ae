// Every class with a platform handed in, so that a platform's package can offer the documentation's calls
// (`GitForCausalLM.fromPretrained("microsoft/git-base")`) without core knowing where it runs.
import type { GitConfig } from "@glimpsejs/config";
import type { ImageProcessor } from "@glimpsejs/processor";
import type { BertTokenizer } from "@glimpsejs/tokenizer";
import { readConfig } from "./checkpoint.ts";
import { Git } from "./git.ts";
import { GitForCausalLM } from "./git-for-causal-lm.ts";
import { GitModel } from "./git-model.ts";
import { GitProcessor, readImageProcessor, readTokenizer } from "./git-processor.ts";
import { GitVisionModel } from "./git-vision-model.ts";
import type { Host, OpenOptions, Platform } from "./platform.ts";
import { type FreshModelOptions, type ModelOptions, withFiles } from "./pretrained-model.ts";

/** A model class on a platform. */
export interface BoundModel<M, Source = string> {
  /** Loads a checkpoint by Hub id or what else the platform opens; the bundled demo checkpoint when left out. */
  fromPretrained(source?: Source, options?: ModelOptions): Promise<M>;
  /** A model with random weights. */
  fromConfig(config: GitConfig, options?: FreshModelOptions): Promise<M>;
}

/** Something that is read from a checkpoint's small files. */
export interface BoundLoader<T, Source = string> {
  /** Reads it from a checkpoint; the bundled demo checkpoint when left out. */
  fromPretrained(source?: Source, options?: OpenOptions): Promise<T>;
}

/** The public names of Glimpse on one platform. */
export interface Bound<Source = string> {
  /** Loads a checkpoint, ready to caption and answer; the bundled demo checkpoint when `source` is left out. */
  load(source?: Source, options?: ModelOptions): Promise<Git>;
  /** Image encoder and text decoder with its head: captions, answers, scores. */
  readonly GitForCausalLM: BoundModel<GitForCausalLM, Source>;
  /** The same without the head: hidden states. */
  readonly GitModel: BoundModel<GitModel, Source>;
  /** The image encoder alone. */
  readonly GitVisionModel: BoundModel<GitVisionModel, Source>;
  /** `GitForCausalLM` under transformers' other name. */
  readonly AutoModelForCausalLM: BoundModel<GitForCausalLM, Source>;
  /** `GitModel` under transformers' other name. */
  readonly AutoModel: BoundModel<GitModel, Source>;
  /** Tokenizer and image processor together. */
  readonly GitProcessor: BoundLoader<GitProcessor, Source>;
  /** `GitProcessor` under transformers' other name. */
  readonly AutoProcessor: BoundLoader<GitProcessor, Source>;
  /** The tokenizer alone. */
  readonly AutoTokenizer: BoundLoader<BertTokenizer, Source>;
  /** The image processor alone. */
  readonly AutoImageProcessor: BoundLoader<ImageProcessor, Source>;
  /** The configuration alone. */
  readonly AutoConfig: BoundLoader<GitConfig, Source>;
}

/** Binds every class to `platform`. */
export function bind<Source = string>(platform: Platform<Source>): Bound<Source> {
  const model = <M>(of: {
    fromPretrained(platform: Platform<Source>, source?: Source, options?: ModelOptions): Promise<M>;
    fromConfig(platform: Host, config: GitConfig, options?: FreshModelOptions): Promise<M>;
  }): BoundModel<M, Source> => ({
    fromPretrained: (source, options) => of.fromPretrained(platform, source, options),
    fromConfig: (config, options) => of.fromConfig(platform, config, options),
  });
  const causal = model(GitForCausalLM);
  const base = model(GitModel);
  const processor: BoundLoader<GitProcessor, Source> = {
    fromPretrained: (source, options) => GitProcessor.fromPretrained(platform, source, options),
  };
  return {
    load: (source, options) => Git.load(platform, source, options),
    GitForCausalLM: causal,
    GitModel: base,
    GitVisionModel: model(GitVisionModel),
    AutoModelForCausalLM: causal,
    AutoModel: base,
    GitProcessor: processor,
    AutoProcessor: processor,
    AutoTokenizer: {
      fromPretrained: (source, options = {}) =>
        withFiles(platform, source, options, async (files) => readTokenizer(files, await readConfig(files), [])),
    },
    AutoImageProcessor: {
      fromPretrained: (source, options = {}) =>
        withFiles(platform, source, options, async (files) => readImageProcessor(files, await readConfig(files), [])),
    },
    AutoConfig: {
      fromPretrained: (source, options = {}) => withFiles(platform, source, options, readConfig),
    },
  };
}
