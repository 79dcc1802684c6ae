// The front door: one object that captions pictures and answers questions about them. It only composes: the processor
// prepares, the model generates, the tokenizer writes.
import { GlimpseError } from "@glimpsejs/base";
import type { HostTensor } from "@glimpsejs/graph";
import { type Notice, readConfig } from "./checkpoint.ts";
import { explainWords } from "./explain/explain.ts";
import type { Rows } from "./forward/inputs.ts";
import type { GenerateOutput } from "./generation/generate.ts";
import type { GenerateOptions } from "./generation/options.ts";
import { GitForCausalLM } from "./git-for-causal-lm.ts";
import { GitProcessor } from "./git-processor.ts";
import { rejectUnknownOptions } from "./options.ts";
import type { Platform } from "./platform.ts";
import {
  type Preset,
  paperClipProcessor,
  paperQuestionPixels,
  presetOptions,
  presetQuestion,
  presets,
} from "./presets.ts";
import { type ModelOptions, withFiles } from "./pretrained-model.ts";
import {
  checkTexts,
  type LabelScore,
  labelScores,
  type RankedText,
  type TextScore,
  textScore,
} from "./scoring/results.ts";
import {
  type EncodeTaskOptions,
  type ExplainedText,
  type ScoreOptions,
  type StreamOptions,
  type Subject,
  type TaskOptions,
  type TextResult,
  taskOptionNames,
} from "./tasks.ts";
import { Trunk } from "./trunk.ts";

const defaultNewTokens = 50;

/** A loaded model with its processor. Owns the model: dispose() when done, or declare it with `await using`. */
export class Git {
  readonly model: GitForCausalLM;
  readonly processor: GitProcessor;

  private constructor(model: GitForCausalLM, processor: GitProcessor) {
    this.model = model;
    this.processor = processor;
  }

  /** Loads a checkpoint by Hub id or folder; the bundled demo checkpoint when left out. */
  static load(platform: Platform, source?: string, options: ModelOptions = {}): Promise<Git> {
    return withFiles(platform, source, options, async (files) => {
      // The small files come first: what is wrong with them should not wait for a download of the weights.
      const processor = await GitProcessor.fromFiles(platform, files, await readConfig(files));
      return new Git(await GitForCausalLM.fromFiles(platform, files, options), processor);
    });
  }

  /** Files the checkpoint lacked and what was assumed instead. */
  get notices(): readonly Notice[] {
    return [...this.model.notices, ...this.processor.notices];
  }

  /** Describes a picture or clip; an array of pictures gives an array, encoded as one batch. */
  caption(pictures: readonly unknown[], options?: TaskOptions): Promise<TextResult[]>;
  caption(subject: Subject, options?: TaskOptions): Promise<TextResult>;
  async caption(subject: Subject, options: TaskOptions = {}): Promise<TextResult | TextResult[]> {
    if (!Array.isArray(subject)) return only(await this.run(subject, [undefined], options));
    return subject.length === 0
      ? []
      : this.run(
          subject,
          subject.map(() => undefined),
          options,
        );
  }

  /**
   * Answers a question about a picture or clip; an array of questions gives an array, with one encode. The model is
   * given [CLS] and the question without [SEP]; the result is only what it adds.
   */
  answer(subject: Subject, questions: readonly string[], options?: TaskOptions): Promise<TextResult[]>;
  answer(subject: Subject, question: string, options?: TaskOptions): Promise<TextResult>;
  async answer(
    subject: Subject,
    question: string | readonly string[],
    options: TaskOptions = {},
  ): Promise<TextResult | TextResult[]> {
    if (typeof question === "string") return only(await this.run(subject, [question], options));
    return question.length === 0 ? [] : this.run(subject, question, options);
  }

  /**
   * Captions (or answers) piece by piece; the pieces joined are the text, which is also returned. Leaving the loop
   * stops the generation. Beams decide only at the end, so with numBeams the text comes as one piece.
   */
  async *stream(subject: Subject, options: StreamOptions = {}): AsyncGenerator<string, TextResult, undefined> {
    const { question, ...task } = options;
    const request = this.request([question], task);
    const { trunk, own } = await this.trunk(subject, { ...task, forQuestion: question !== undefined });
    const steps = this.model.generateSteps({ ...request, trunk });
    const decoder = this.processor.tokenizer.incrementalDecoder({ skipSpecialTokens: true });
    const inOrder = (request.numBeams ?? this.model.generationConfig.numBeams ?? 1) === 1;
    try {
      let step = await steps.next();
      for (; !step.done; step = await steps.next()) {
        const piece = inOrder ? decoder.push(step.value.sequences[0]?.tokens.at(-1) ?? 0) : "";
        if (piece !== "") yield piece;
      }
      const [best] = step.value;
      const result = this.result(best?.tokens ?? [], best?.logProbs ?? [], best?.score);
      const last = inOrder ? decoder.finish() : result.text;
      if (last !== "") yield last;
      return result;
    } finally {
      await steps.return([]);
      if (own) trunk.dispose();
    }
  }

  /**
   * How likely given texts are as captions of a picture, or as answers to `question`: their log-likelihoods, in the
   * order of `texts`, many texts on one encode. Throws "invalid-argument" listing texts that are empty or too long.
   */
  async score(subject: Subject, texts: readonly string[], options: ScoreOptions = {}): Promise<readonly TextScore[]> {
    rejectUnknownOptions(options, ["question", "signal"]);
    const { tokenizer } = this.processor;
    const prompt = this.prompt(options.question);
    const tokens = texts.map((text) => [
      ...tokenizer.encode(text, { addSpecialTokens: false }).inputIds,
      tokenizer.sepTokenId,
    ]);
    // The last token of a text is never fed, so it needs no position.
    checkTexts("score()", texts, tokens, this.model.config.maxPositionEmbeddings - prompt.length + 1);
    const { trunk, own } = await this.trunk(subject, { signal: options.signal });
    try {
      const logProbs = await this.model.scoreTexts({
        trunk,
        picture: 0,
        prompt,
        texts: tokens,
        signal: options.signal,
      });
      return texts.map((text, i) => textScore(text, tokens[i] ?? [], logProbs[i] ?? []));
    } finally {
      if (own) trunk.dispose();
    }
  }

  /** Given texts by likelihood per token, the best first. */
  async rank(subject: Subject, texts: readonly string[], options: ScoreOptions = {}): Promise<readonly RankedText[]> {
    const scores = await this.score(subject, texts, options);
    return scores.map((score, index) => ({ ...score, index })).toSorted((a, b) => a.perplexity - b.perplexity);
  }

  /**
   * Which of the labels a picture shows: image classification by generation (GIT paper, section 4.4), with exact
   * probabilities. Any number of labels; they share a trie, computed in chunks of 128 rows of logits.
   */
  async classify(
    subject: Subject,
    labels: readonly string[],
    options: ScoreOptions = {},
  ): Promise<readonly LabelScore[]> {
    return labelScores(await this.score(subject, labels, options));
  }

  /**
   * Captions a picture or clip (or answers `question`) and says for each word where the model looked: its attention to
   * the image's patches, as data; {@link heatMapPng} draws it.
   */
  async explain(subject: Exclude<Subject, Trunk>, options: StreamOptions = {}): Promise<ExplainedText> {
    const { question, ...task } = options;
    const request = this.request([question], task);
    const encoding = { ...task, forQuestion: question !== undefined };
    const pixelValues = await this.pixelValues(subject, encoding);
    using trunk = await this.encodePixels(pixelValues, encoding);
    const result = only(this.results(await this.model.generate({ ...request, trunk })));
    const [prompt = []] = request.inputIds;
    const { model, processor } = this;
    const words = await explainWords({
      model,
      processor,
      pixelValues,
      prompt,
      tokens: result.tokens,
      signal: options.signal,
    });
    return { ...result, words };
  }

  /** Encodes a picture or clip (or an array of pictures) once, for any number of later calls. Dispose the trunk. */
  async encode(subject: Subject, options: EncodeTaskOptions = {}): Promise<Trunk> {
    return this.encodePixels(await this.pixelValues(subject, options), options);
  }

  /** Frees the model once calls under way have ended. Safe to call twice. */
  async dispose(): Promise<void> {
    await this.model.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** A picture, an array of pictures or a clip, decoded and prepared as the preset says. */
  private async pixelValues(subject: Subject, options: EncodeTaskOptions): Promise<HostTensor<"float32">> {
    const { preset, forQuestion, signal } = options;
    const { processor } = this;
    const decode = (inputs: readonly unknown[]) => processor.pictures(inputs, signal);
    if (isClip(subject)) {
      const clips = preset === "paper" ? paperClipProcessor(processor) : processor.imageProcessor;
      return clips.preprocessClip(await decode(subject.frames));
    }
    const pictures = await decode(Array.isArray(subject) ? subject : [subject]);
    const [first] = pictures;
    if (preset !== "paper" || !forQuestion || first === undefined) return processor.imageProcessor.preprocess(pictures);
    return paperQuestionPixels(processor, first, this.model.config.visionConfig.imageSize);
  }

  private encodePixels(pixelValues: HostTensor<"float32">, { preset, signal }: EncodeTaskOptions): Promise<Trunk> {
    return this.model.encode(pixelValues, { interpolatePosEncoding: preset === "paper", signal });
  }

  private async run(
    subject: Subject,
    questions: readonly (string | undefined)[],
    options: TaskOptions,
  ): Promise<TextResult[]> {
    const request = this.request(questions, options);
    const { trunk, own } = await this.trunk(subject, { ...options, forQuestion: questions[0] !== undefined });
    try {
      return this.results(await this.model.generate({ ...request, trunk }));
    } finally {
      if (own) trunk.dispose();
    }
  }

  private async trunk(subject: Subject, options: EncodeTaskOptions): Promise<{ trunk: Trunk; own: boolean }> {
    if (subject instanceof Trunk) return { trunk: subject, own: false };
    return { trunk: await this.encode(subject, options), own: true };
  }

  /** What generate() is asked, checked before any picture is decoded. A question that is undefined is a caption. */
  private request(questions: readonly (string | undefined)[], options: TaskOptions): TextRequest {
    rejectUnknownOptions(options, taskOptionNames);
    const { preset = "hf", ...given } = options;
    if (!presets.includes(preset)) {
      throw new GlimpseError(
        {
          subject: 'option "preset"',
          problem: "there is no such preset",
          expected: presets.join(" or "),
          got: String(preset),
        },
        { code: "invalid-argument" },
      );
    }
    const { tokenizer } = this.processor;
    const { maxPositionEmbeddings, visionConfig } = this.model.config;
    const inputIds = questions.map((question) => this.prompt(question, preset));
    const room = maxPositionEmbeddings - Math.max(...inputIds.map((ids) => ids.length)) + 1;
    const limit = given.maxLength == null ? { maxNewTokens: Math.max(1, Math.min(defaultNewTokens, room)) } : {};
    const decode = (ids: readonly number[]) => tokenizer.decode(ids, { skipSpecialTokens: true });
    const ofPreset = presetOptions(preset, tokenizer, visionConfig.hiddenSize);
    const request = { ...limit, ...ofPreset, ...given, eosTokenId: tokenizer.sepTokenId, decode };
    this.model.checkOptions(request);
    return { ...request, inputIds };
  }

  /** [CLS] and, for an answer, the question without [SEP]. */
  private prompt(question: string | undefined, preset: Preset = "hf"): readonly number[] {
    const { tokenizer } = this.processor;
    const ids = question === undefined ? [] : tokenizer.encode(question, { addSpecialTokens: false }).inputIds;
    return [tokenizer.clsTokenId, ...presetQuestion(preset, ids)];
  }

  private results({ generated, logProbs, sequencesScores }: GenerateOutput): TextResult[] {
    return generated.map((tokens, i) => this.result(tokens, logProbs[i] ?? [], sequencesScores?.[i]));
  }

  private result(tokens: readonly number[], logProbs: readonly number[], score?: number): TextResult {
    const text = this.processor.decode(tokens, { skipSpecialTokens: true });
    const logProb = logProbs.reduce((sum, x) => sum + x, 0);
    return { text, tokens, logProb, score: score ?? (tokens.length === 0 ? 0 : logProb / tokens.length) };
  }
}

/** A request to generate(), with its prompts. */
type TextRequest = GenerateOptions & { readonly inputIds: Rows };

/** A clip is told from a picture by its frames. */
function isClip(subject: Subject): subject is { readonly frames: readonly unknown[] } {
  return typeof subject === "object" && subject !== null && "frames" in subject && Array.isArray(subject.frames);
}

function only(results: readonly TextResult[]): TextResult {
  const [result] = results;
  if (result === undefined) throw new TypeError("generate(): a prompt has no result.");
  return result;
}
