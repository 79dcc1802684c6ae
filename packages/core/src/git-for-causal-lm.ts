// GitForCausalLM: the whole model, as in the documentation of transformers, and the operations that change it.

import { GlimpseError } from "@glimpsejs/base";
import { GenerationConfig, type GitConfig } from "@glimpsejs/config";
import type { HostTensor } from "@glimpsejs/graph";
import type { CheckpointFiles } from "@glimpsejs/weights";
import { generationDefaults, type Notice, readConfig, readGenerationConfig } from "./checkpoint.ts";
import { stepsSurvivingLoss, survivingLoss } from "./device-loss.ts";
import type { EditedModel } from "./edit-weights.ts";
import type { EncodeOptions, Engine } from "./engine.ts";
import type { ForwardOutput } from "./forward/forward.ts";
import type { ForwardInputs } from "./forward/inputs.ts";
import { AbortedError } from "./generation/aborted-error.ts";
import { collect, type GenerateOutput, promptsOf } from "./generation/generate.ts";
import type { Prompt } from "./generation/leaves.ts";
import type { GenerateOptions } from "./generation/options.ts";
import { type CheckedGeneration, completePlan, type GenerationPlan, planGeneration } from "./generation/plan.ts";
import { canRunAhead } from "./generation/reading.ts";
import { searchRows } from "./generation/rows.ts";
import { aborted, newTokensOf, type Search, type Sequence, type Step } from "./generation/search.ts";
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
import { type Rows, shapeProblems } from "./rows.ts";
import type { ScoreRequest } from "./scoring/score-texts.ts";
import { float32Problems } from "./tensor-problems.ts";
import { TokenTree } from "./token-tree.ts";
import { Trunk, trunkProblems } from "./trunk.ts";

/** Arguments of generate(): the pictures and prompts, and how to search. */
export interface GenerateInputs extends GenerateOptions {
  /** Pictures float32 [b, 3, H, W] or clips [b, F, 3, H, W]; or a trunk made of them. Text alone without either. */
  readonly pixelValues?: HostTensor<"float32"> | undefined;
  /** Pictures that were encoded before, instead of pixelValues. It stays the caller's. */
  readonly trunk?: Trunk | undefined;
  /** Prompts [B, T], b dividing B; row i is about picture i mod b. Default: [CLS] (bos_token_id) for each picture. */
  readonly inputIds?: Rows | undefined;
  /** 0 marks padding in inputIds, wherever it stands. */
  readonly attentionMask?: Rows | undefined;
  /** Accept pictures of another size than the model was trained on, interpolating its positions. Default false. */
  readonly interpolatePosEncoding?: boolean | undefined;
}

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
      const request = this.request(inputs);
      return collect(this.search(request), request.inputIds, request.prompts, request.plan);
    }, inputs.signal);
  }

  /**
   * generate() as it goes: the state of all sequences after each step. Other calls may run between two steps; one that
   * changes the model's weights ends this one with a "disposed" error.
   */
  async *generateSteps(inputs: GenerateInputs): AsyncGenerator<Step, readonly Sequence[], undefined> {
    checkCall("generate()", inputs);
    const request = await this.queue.run(async () => this.request(inputs), inputs.signal);
    const search = this.search(request);
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

  /** Everything about a call that can be checked before anything runs. */
  private request(inputs: GenerateInputs): GenerationRequest {
    const { pixelValues, trunk, inputIds: _, attentionMask: __, interpolatePosEncoding, ...options } = inputs;
    const [plan, prompts] = checkAll(
      () => planGeneration(options, this.generationConfig, this.config),
      () => this.prompts(inputs),
    );
    checkAll(...prompts.prompts.map((prompt) => () => newTokensOf(prompt, plan)));
    return { engine: this.engine, plan, ...prompts, pixelValues, trunk, interpolatePosEncoding };
  }

  private prompts(inputs: GenerateInputs): Pick<GenerationRequest, "inputIds" | "prompts" | "pictures"> {
    const { pixelValues, trunk, inputIds: given, attentionMask } = inputs;
    const both = {
      subject: "generate()",
      problem: "pixelValues and trunk are both given",
      advice: "Pass one of them.",
    };
    throwProblems([
      ...(pixelValues !== undefined && trunk !== undefined ? [both] : []),
      ...booleanProblems(inputs, ["interpolatePosEncoding"]),
      ...(pixelValues === undefined ? [] : float32Problems("pixelValues", pixelValues)),
      ...(trunk === undefined ? [] : trunkProblems(trunk)),
      ...(given === undefined ? [] : shapeProblems("inputIds", given)),
      ...(attentionMask === undefined ? [] : shapeProblems("attentionMask", attentionMask)),
    ]);
    const pictures = trunk?.batch ?? pixelValues?.shape[0] ?? given?.length ?? 1;
    const inputIds = given ?? Array.from({ length: pictures }, () => [this.startToken(inputs)]);
    return { inputIds, prompts: promptsOf(inputIds, attentionMask, pictures, this.config), pictures };
  }

  /** Encodes the pictures if they are not yet, and searches. A trunk of its own is freed at the end. */
  private async *search(request: GenerationRequest): Search {
    const { engine, prompts, pictures, pixelValues, interpolatePosEncoding } = request;
    const plan = await completePlan(request.plan);
    const own = request.trunk === undefined;
    const encodeOptions = { interpolatePosEncoding, signal: plan.signal };
    const trunk =
      request.trunk ??
      (pixelValues === undefined
        ? Trunk.empty(engine, pictures)
        : await Trunk.encode(engine, pixelValues, encodeOptions));
    try {
      const search = await searchOf(plan, engine, trunk, prompts);
      const begin = () => search(() => new TokenTree(engine, trunk), prompts, plan);
      return yield* stepsSurvivingLoss(begin, () => trunk.renew());
    } finally {
      if (own) trunk.dispose();
    }
  }

  private startToken({ bosTokenId }: GenerateInputs): number {
    const id = bosTokenId ?? this.generationConfig.bosTokenId ?? this.config.bosTokenId;
    if (id !== null && id !== undefined) return id;
    throw new GlimpseError(
      {
        subject: "generate()",
        problem: "there is no prompt and the configuration names no bos_token_id",
        advice: "Pass inputIds.",
      },
      { code: "invalid-argument" },
    );
  }
}

function checkEncodeOptions(options: EncodeOptions): void {
  const names = ["interpolatePosEncoding"] as const;
  throwProblems([...unknownOptions(options, [...names, "signal"]), ...booleanProblems(options, names)]);
}

/** What finds the texts of a plan. */
async function searchOf(
  plan: GenerationPlan,
  engine: Engine,
  trunk: Trunk,
  prompts: readonly Prompt[],
): Promise<typeof searchRows> {
  if (plan.numBeams > 1) return (await loadOnDemand()).searchBeams;
  if (canRunAhead(plan)) return (await loadOnDemand()).searchAhead;
  return engine.draft?.search(plan, prompts, () => new TokenTree(engine, trunk, "draft")) ?? searchRows;
}

/** One call of generate(), checked. */
interface GenerationRequest {
  /** What it runs on to its end, whatever becomes of the model between two steps. */
  readonly engine: Engine;
  readonly plan: CheckedGeneration;
  readonly inputIds: Rows;
  readonly prompts: readonly Prompt[];
  readonly pictures: number;
  readonly pixelValues: HostTensor<"float32"> | undefined;
  readonly trunk: Trunk | undefined;
  readonly interpolatePosEncoding: boolean | undefined;
}
