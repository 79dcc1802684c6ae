// The front door: one object that captions pictures and answers questions about them. It only composes: the processor
// prepares, the model generates, the tokenizer writes.
import { GlimpseError } from "@glimpsejs/base";
import { type Notice, readConfig } from "./checkpoint.ts";
import { type GenerateOptions, optionNames } from "./generation/options.ts";
import { type GenerateInputs, GitForCausalLM } from "./git-for-causal-lm.ts";
import { GitProcessor } from "./git-processor.ts";
import { rejectUnknownOptions } from "./options.ts";
import type { Platform } from "./platform.ts";
import { type ModelOptions, withFiles } from "./pretrained-model.ts";
import {
  checkTexts,
  type LabelScore,
  labelScores,
  type RankedText,
  type TextScore,
  textScore,
} from "./scoring/results.ts";
import { Trunk } from "./trunk.ts";

/** What caption(), answer() and stream() take: whatever the platform calls a picture, the frames of a clip, or a trunk. */
export type Subject = unknown | { readonly frames: readonly unknown[] } | Trunk;

/**
 * Options of caption(), answer() and stream(): those of generate() that one text has a use for. `maxNewTokens` is 50
 * here, or as many as the model has positions for; a text ends at [SEP].
 */
export type TaskOptions = Omit<
  GenerateOptions,
  "bosTokenId" | "eosTokenId" | "numReturnSequences" | "outputScores" | "decode"
>;

/** Options of stream(). */
export interface StreamOptions extends TaskOptions {
  /** Answer this question instead of captioning. */
  readonly question?: string | undefined;
}

/** Options of score(), rank() and classify(). */
export interface ScoreOptions {
  /** Score the texts as answers to this question instead of as captions. */
  readonly question?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One generated text. */
export interface TextResult {
  readonly text: string;
  /** The generated ids, the closing [SEP] included where there is one. */
  readonly tokens: readonly number[];
  /** Sum of the log-probabilities of `tokens`, in nats. */
  readonly logProb: number;
  /** What the search ranked by; for greedy search logProb per token. */
  readonly score: number;
}

const defaultNewTokens = 50;
const generateOnly: readonly string[] = ["bosTokenId", "eosTokenId", "numReturnSequences", "outputScores", "decode"];
const taskOptionNames = optionNames.filter((name) => !generateOnly.includes(name));

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
    if (!Array.isArray(subject)) return only(await this.run(subject, [this.prompt()], options));
    return subject.length === 0
      ? []
      : this.run(
          subject,
          subject.map(() => this.prompt()),
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
    if (typeof question === "string") return only(await this.run(subject, [this.prompt(question)], options));
    return question.length === 0
      ? []
      : this.run(
          subject,
          question.map((q) => this.prompt(q)),
          options,
        );
  }

  /**
   * Captions (or answers) piece by piece; the pieces joined are the text, which is also returned. Leaving the loop
   * stops the generation. Beams decide only at the end, so with numBeams the text comes as one piece.
   */
  async *stream(subject: Subject, options: StreamOptions = {}): AsyncGenerator<string, TextResult, undefined> {
    const { question, ...task } = options;
    rejectUnknownOptions(task, taskOptionNames);
    const prompt = this.prompt(question);
    const { trunk, own } = await this.trunk(subject, options.signal ?? undefined);
    const request = this.request(trunk, [prompt], task);
    const steps = this.model.generateSteps(request);
    const decoder = this.processor.tokenizer.incrementalDecoder({ skipSpecialTokens: true });
    const inOrder = (options.numBeams ?? this.model.generationConfig.numBeams ?? 1) === 1;
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
    const { trunk, own } = await this.trunk(subject, options.signal);
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

  /** Encodes a picture or clip (or an array of pictures) once, for any number of later calls. Dispose the trunk. */
  async encode(subject: Subject, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<Trunk> {
    const inputs = Array.isArray(subject)
      ? { images: subject }
      : isClip(subject)
        ? { frames: subject.frames }
        : { images: [subject] };
    const { pixelValues } = await this.processor.process({ ...inputs, signal: options.signal });
    if (pixelValues === undefined)
      throw new GlimpseError({ subject: "encode()", problem: "there is no picture" }, { code: "invalid-argument" });
    return this.model.encode(pixelValues, { signal: options.signal });
  }

  /** [CLS] and, for an answer, the question without [SEP]. */
  private prompt(question?: string): readonly number[] {
    const { tokenizer } = this.processor;
    return [
      tokenizer.clsTokenId,
      ...(question === undefined ? [] : tokenizer.encode(question, { addSpecialTokens: false }).inputIds),
    ];
  }

  private async run(
    subject: Subject,
    prompts: readonly (readonly number[])[],
    options: TaskOptions,
  ): Promise<TextResult[]> {
    rejectUnknownOptions(options, taskOptionNames);
    const { trunk, own } = await this.trunk(subject, options.signal);
    try {
      const { generated, logProbs, sequencesScores } = await this.model.generate(this.request(trunk, prompts, options));
      return generated.map((tokens, i) => this.result(tokens, logProbs[i] ?? [], sequencesScores?.[i]));
    } finally {
      if (own) trunk.dispose();
    }
  }

  private async trunk(subject: Subject, signal: AbortSignal | undefined): Promise<{ trunk: Trunk; own: boolean }> {
    return subject instanceof Trunk
      ? { trunk: subject, own: false }
      : { trunk: await this.encode(subject, { signal }), own: true };
  }

  private request(trunk: Trunk, inputIds: readonly (readonly number[])[], options: TaskOptions): GenerateInputs {
    const longest = Math.max(...inputIds.map((ids) => ids.length));
    const room = this.model.config.maxPositionEmbeddings - longest + 1;
    const maxNewTokens = Math.max(1, Math.min(defaultNewTokens, room));
    const limit = options.maxLength == null ? { maxNewTokens } : {};
    const { tokenizer } = this.processor;
    const decode = (ids: readonly number[]) => tokenizer.decode(ids, { skipSpecialTokens: true });
    return { ...limit, ...options, trunk, inputIds, eosTokenId: tokenizer.sepTokenId, decode };
  }

  private result(tokens: readonly number[], logProbs: readonly number[], score?: number): TextResult {
    const text = this.processor.decode(tokens, { skipSpecialTokens: true });
    const logProb = logProbs.reduce((sum, x) => sum + x, 0);
    return { text, tokens, logProb, score: score ?? (tokens.length === 0 ? 0 : logProb / tokens.length) };
  }

  /** Frees the model once calls under way have ended. Safe to call twice. */
  async dispose(): Promise<void> {
    await this.model.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** A clip is told from a picture by its frames. */
function isClip(subject: Subject): subject is { readonly frames: readonly unknown[] } {
  return typeof subject === "object" && subject !== null && "frames" in subject && Array.isArray(subject.frames);
}

function only(results: readonly TextResult[]): TextResult {
  const [result] = results;
  if (result === undefined) throw new TypeError("generate(): a prompt has no result.");
  return result;
}
