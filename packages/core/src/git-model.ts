// GitModel: image encoder and text decoder without the vocabulary head, as in the documentation of transformers.

import type { GitConfig } from "@glimpsejs/config";
import type { ForwardOutput } from "./forward/forward.ts";
import type { ForwardInputs } from "./forward/inputs.ts";
import { loadOnDemand } from "./load-on-demand.ts";
import { checkCall } from "./options.ts";
import type { Host, Platform } from "./platform.ts";
import {
  type FreshModelOptions,
  freshEngine,
  type ModelOptions,
  openEngine,
  PreTrainedModel,
  withFiles,
} from "./pretrained-model.ts";

/** Arguments of GitModel.forward(): those of GitForCausalLM without labels, which need the head. */
export type GitModelInputs = Omit<ForwardInputs, "labels">;

/** GIT without the head: pictures and text to hidden states. */
export class GitModel extends PreTrainedModel {
  /** Loads from a checkpoint of the whole model, or one saved without head. */
  static fromPretrained<Source>(
    platform: Platform<Source>,
    source?: Source,
    options: ModelOptions = {},
  ): Promise<GitModel> {
    return withFiles(
      platform,
      source,
      options,
      async (files) => new GitModel(platform, await openEngine(platform, files, "model", options)),
    );
  }

  /** A model with random weights. */
  static async fromConfig(platform: Host, config: GitConfig, options: FreshModelOptions = {}): Promise<GitModel> {
    return new GitModel(platform, await freshEngine(platform, config, "model", options));
  }

  /** Hidden states of every image and text row. Throws "invalid-argument" listing everything wrong with `inputs`. */
  async forward(inputs: GitModelInputs): Promise<ForwardOutput> {
    checkCall("forward()", inputs);
    return this.queue.run(async () => {
      const { forward } = await loadOnDemand();
      return forward(this.engine, inputs);
    }, inputs.signal);
  }
}
