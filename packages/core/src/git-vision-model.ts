// GitVisionModel: the image encoder alone, as in the documentation of transformers.
import type { GitConfig } from "@glimpsejs/config";
import type { HostTensor } from "@glimpsejs/graph";
import type { EncodeOptions } from "./engine.ts";
import { readAllFloats } from "./logits.ts";
import { booleanProblems, checkCall, throwProblems, unknownOptions } from "./options.ts";
import type { Host, Platform } from "./platform.ts";
import {
  type FreshModelOptions,
  freshEngine,
  type ModelOptions,
  openEngine,
  PreTrainedModel,
  withFiles,
} from "./pretrained-model.ts";

/** Arguments of GitVisionModel.forward(). */
export interface VisionInputs extends EncodeOptions {
  /** Pictures float32 [B, 3, H, W], normalized. */
  readonly pixelValues: HostTensor<"float32">;
  /** Return attention probabilities. Default: the configuration's output_attentions. */
  readonly outputAttentions?: boolean | undefined;
  /** Return hidden states. Default: the configuration's output_hidden_states. */
  readonly outputHiddenStates?: boolean | undefined;
}

/** Result of GitVisionModel.forward(). The reference documents a pooler_output but never returns one; nor does this. */
export interface VisionOutput {
  /** float32 [B, P + 1, D], the class token first. */
  readonly lastHiddenState: HostTensor<"float32">;
  /** With outputHiddenStates: L + 1 tensors float32 [B, P + 1, D], the embeddings (after their LayerNorm) first. */
  readonly hiddenStates?: readonly HostTensor<"float32">[];
  /** With outputAttentions: L tensors float32 [B, H, P + 1, P + 1]. */
  readonly attentions?: readonly HostTensor<"float32">[];
}

const inputNames = ["pixelValues", "outputAttentions", "outputHiddenStates", "interpolatePosEncoding", "signal"];

/** The CLIP vision transformer of a GIT checkpoint. */
export class GitVisionModel extends PreTrainedModel {
  /** Loads the image encoder of a checkpoint of the whole model, or one saved alone. */
  static fromPretrained<Source>(
    platform: Platform<Source>,
    source?: Source,
    options: ModelOptions = {},
  ): Promise<GitVisionModel> {
    return withFiles(
      platform,
      source,
      options,
      async (files) => new GitVisionModel(platform, await openEngine(platform, files, "vision", options)),
    );
  }

  /** A model with random weights. */
  static async fromConfig(platform: Host, config: GitConfig, options: FreshModelOptions = {}): Promise<GitVisionModel> {
    return new GitVisionModel(platform, await freshEngine(platform, config, "vision", options));
  }

  /** Encodes pictures. Throws "invalid-argument" listing everything that is wrong with `inputs`. */
  async forward(inputs: VisionInputs): Promise<VisionOutput> {
    checkCall("forward()", inputs);
    return this.queue.run(async () => {
      throwProblems([
        ...unknownOptions(inputs, inputNames),
        ...booleanProblems(inputs, ["outputAttentions", "outputHiddenStates", "interpolatePosEncoding"]),
      ]);
      const { outputAttentions, outputHiddenStates, numHiddenLayers } = this.config.visionConfig;
      const layers = Array.from({ length: numHiddenLayers }, (_, i) => i);
      const hidden =
        (inputs.outputHiddenStates ?? outputHiddenStates)
          ? [...layers, numHiddenLayers].map((i) => `hiddenStates.${i}`)
          : [];
      const attention = (inputs.outputAttentions ?? outputAttentions) ? layers.map((i) => `attentions.${i}`) : [];
      const graph = hidden.length + attention.length > 0 ? "visionInternals" : "vision";
      const outputs = await this.engine.encode(graph, inputs.pixelValues, inputs, [
        "lastHiddenState",
        ...hidden,
        ...attention,
      ]);
      const read = await readAllFloats(outputs);
      const all = (names: readonly string[]) => names.flatMap((name) => read[name] ?? []);
      const { lastHiddenState } = read;
      if (lastHiddenState === undefined) throw new TypeError('backend: the output "lastHiddenState" is missing.');
      return {
        lastHiddenState,
        ...(hidden.length > 0 && { hiddenStates: all(hidden) }),
        ...(attention.length > 0 && { attentions: all(attention) }),
      };
    }, inputs.signal);
  }
}
