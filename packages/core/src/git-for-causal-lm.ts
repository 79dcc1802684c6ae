// GitForCausalLM: the whole model, as in the documentation of transformers, and the operations that change it.
import { GlimpseError } from "@glimpsejs/base";
import { GenerationConfig, type GitConfig } from "@glimpsejs/config";
import type { HostTensor } from "@glimpsejs/graph";
import type { CheckpointFiles } from "@glimpsejs/weights";
import { generationDefaults, type Notice, readConfig, readGenerationConfig } from "./checkpoint.ts";
import { survivingLoss } from "./device-loss.ts";
import type { EditedModel } from "./edit-weights.ts";
import type { EncodeOptions, Engine } from "./engine.ts";
import type { ForwardOutput } from "./forward/forward.ts";
import type { ForwardInputs } from "./forward/inputs.ts";
import { AbortedError } from "./generation/aborted-error.ts";
import { collect, type GenerateOutput } from "./generation/generate.ts";
import type { GenerateOptions } from "./generation/options.ts";
import { planGeneration } from "./generation/plan.ts";
import { type GenerateInputs, generationRequest, searchTexts } from "./generation/request.ts";
import { aborted, type Sequence, type Step } from "./generation/search.ts";
import { clipFeatures, encodeFrame, type FrameFeatures } from "./live/frame-features.ts";
import { loadOnDemand } from "./load-on-demand.ts";
import {
  booleanProblems,
  checkAll,
  checkCall,
  checkObject,
  seedProblems,
  throwProblems,
  unknownOptions,
} from "./options.ts";
import { checkFrameCount } from "./pixel-values.ts";
import type { Host, Platform, SaveTarget } from "./platform.ts";
import {
  type FreshModelOptions,
  freshEngine,
  type ModelOptions,
  openEngine,
  PreTrainedModel,
  withFiles,
} from "./pretrained-model.ts";
import type { ScoreRequest } from "./scoring/score-texts.ts";
import { Trunk } from "./trunk.ts";

/** GIT: pictures or clips and text in, text out. */
export class GitForCausalLM extends PreTrainedModel {
  /** Defaults of generate(), from generation_config.json. */
  readonly generationConfig: GenerationConfig;
  /** Files the checkpoint lacked and what was assumed instead. */
  readonly notices: readonly Notice[];

  private constructor(
    platform: Host,
    engine: Engine,
    generationConfig: GenerationConfig,
    notices: readonly Notice[] = [],
  ) {
    super(platform, engine);
    this.generationConfig = generationConfig;
    this.notices = notices;
  }

  /** Loads a checkpoint by Hub id or folder; the bundled demo checkpoint when left out. */
  static fromPretrained<Source>(
    platform: Platform<Source>,
    source?: Source,
    options: ModelOptions = {},
  ): Promise<GitForCausalLM> {
    return withFiles(platform, source, options, (files) => GitForCausalLM.fromFiles(platform, files, options));
  }

  /** The same from files that are open already; they stay the caller's. */
  static async fromFiles(platform: Host, files: CheckpointFiles, options: ModelOptions = {}): Promise<GitForCausalLM> {
    const notices: Notice[] = [];
    const generationConfig = await readGenerationConfig(files, await readConfig(files), notices);
    return new GitForCausalLM(
      platform,
      await openEngine(platform, files, "causalLM", options),
      generationConfig,
      notices,
    );
  }

  /** A model with random weights. */
  static async fromConfig(platform: Host, config: GitConfig, options: FreshModelOptions = {}): Promise<GitForCausalLM> {
    const engine = await freshEngine(platform, config, "causalLM", options);
    return new GitForCausalLM(platform, engine, generationDefaults(config));
  }

  /** Logits of every image and text row. Throws "invalid-argument" listing everything wrong with `inputs`. */
  async forward(inputs: ForwardInputs): Promise<ForwardOutput> {
    checkCall("forward()", inputs);
    return this.queue.run(async () => {
      const { forward } = await loadOnDemand();
      // With pastKeyValues it fails again: those were on the device, too.
      const again = async () => {};
      return survivingLoss(() => forward(this.engine, inputs), again);
    }, inputs.signal);
  }

  /** Encodes pictures or clips once, for any number of generate() calls. Dispose the trunk. */
  async encode(pixelValues: HostTensor<"float32">, options: EncodeOptions = {}): Promise<Trunk> {
    checkCall("encode()", options);
    return this.queue.run(async () => {
      checkEncodeOptions(options);
      return Trunk.encode(this.engine, pixelValues, options);
    }, options.signal);
  }

  /** Encodes one frame of a clip, pixelValues float32 [1, 3, H, W], for any number of {@link joinFrames} calls. */
  encodeFrame(pixelValues: HostTensor<"float32">, options: EncodeOptions = {}): Promise<FrameFeatures> {
    return this.queue.run(async () => {
      checkEncodeOptions(options);
      return encodeFrame(this.engine, pixelValues, options);
    }, options.signal);
  }

  /** The trunk of a clip whose frames were encoded one by one, oldest first; the image encoder does not run. Dispose it. */
  joinFrames(frames: readonly FrameFeatures[]): Promise<Trunk> {
    return this.queue.run(async () => {
      checkFrameCount(frames.length, this.config);
      return Trunk.ofFeatures(this.engine, clipFeatures(frames, await this.engine.temporal(frames.length)));
    });
  }

  /** Throws what generate() would throw for these options and prompts of these lengths, without running anything. */
  checkOptions(options: GenerateOptions, promptLengths: readonly number[] = []): void {
    const plan = planGeneration(options, this.generationConfig, this.config);
    checkAll(...promptLengths.map((length) => () => plan.maxNewTokens(length)));
  }

  /** Continues every prompt. Throws "invalid-argument" listing everything wrong with `inputs`, "non-finite", "aborted". */
  async generate(inputs: GenerateInputs): Promise<GenerateOutput> {
    checkCall("generate()", inputs);
    // Checked when its turn has come: a call before it may change the vocabulary.
    return this.queue.run(async () => {
      const request = generationRequest(inputs, this.engine, this.generationConfig);
      return collect(searchTexts(request), request.inputIds, request.prompts, request.plan);
    }, inputs.signal);
  }

  /**
   * generate() as it goes: the state of all sequences after each step. Other calls may run between two steps; one that
   * changes the model's weights ends this one with a "disposed" error.
   */
  async *generateSteps(inputs: GenerateInputs): AsyncGenerator<Step, readonly Sequence[], undefined> {
    checkCall("generate()", inputs);
    const request = await this.queue.run(
      async () => generationRequest(inputs, this.engine, this.generationConfig),
      inputs.signal,
    );
    const search = searchTexts(request);
    let sequences: readonly Sequence[] = [];
    try {
      for (;;) {
        const { value, done } = await this.queue
          .run(() => search.next(), inputs.signal)
          .catch((error: unknown) => {
            // Between two steps the queue notices the signal, which knows nothing of the text so far.
            const isPlain =
              GlimpseError.isInstance(error) && error.code === "aborted" && !(error instanceof AbortedError);
            throw isPlain ? aborted(sequences, request.plan) : error;
          });
        if (done) return value;
        sequences = value.sequences;
        yield value;
      }
    } finally {
      await search.return([]);
    }
  }

  /** Log-probability of every token of given texts, in nats; any number of texts on one trunk, in bounded memory. */
  async scoreTexts(request: ScoreRequest): Promise<readonly (readonly number[])[]> {
    checkCall("scoreTexts()", request);
    const { trunk, signal } = request;
    return this.queue.run(async () => {
      const { scoreTexts } = await loadOnDemand();
      return survivingLoss(
        () => scoreTexts(this.engine, request),
        () => trunk.renew(),
      );
    }, signal);
  }

  /**
   * Changes the vocabulary to `size` tokens. Old rows keep their embeddings and logits; new ones start as in a fresh
   * model (seeded). The generation config keeps its token ids, which must still exist. Trunks and pastKeyValues of
   * before cannot be used afterwards, nor can texts be continued that are being generated step by step.
   */
  async resizeTokenEmbeddings(size: number, options: { readonly seed?: number | undefined } = {}): Promise<void> {
    checkObject("resizeTokenEmbeddings()", options);
    const { seed = 0 } = options;
    throwProblems([...unknownOptions(options, ["seed"]), ...seedProblems(seed)]);
    return this.edit(async ({ config, weights }) => {
      const { resizedEmbeddings } = await loadOnDemand();
      return resizedEmbeddings(config, weights, size, seed);
    });
  }

  /**
   * Removes attention heads of the text decoder, given per layer; the result equals a headMask of 0 for them. Trunks and
   * pastKeyValues of before cannot be used afterwards.
   */
  pruneHeads(heads: Readonly<Record<number, readonly number[]>>): Promise<void> {
    return this.edit(async ({ config, weights }) => {
      const { prunedHeads } = await loadOnDemand();
      return prunedHeads(config, weights, heads);
    });
  }

  private edit(change: (model: EditedModel) => Promise<EditedModel>): Promise<void> {
    return this.queue.run(async () => {
      this.engine.checkAlive();
      this.engine = await this.engine.replaced(await change(this.engine));
    });
  }

  /** As for every model, and generation_config.json. */
  override async savePretrained(folder: SaveTarget): Promise<void> {
    await super.savePretrained(folder);
    const { writeJson } = await loadOnDemand();
    await writeJson(
      await this.platform.sink(folder),
      "generation_config.json",
      GenerationConfig.toJson(this.generationConfig),
    );
  }
}

function checkEncodeOptions(options: EncodeOptions): void {
  const names = ["interpolatePosEncoding"] as const;
  throwProblems([...unknownOptions(options, [...names, "signal"]), ...booleanProblems(options, names)]);
}
