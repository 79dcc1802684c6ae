// The front door: one object that captions pictures and answers questions about them. It only composes: the processor
// prepares, the model generates, the tokenizer writes.
import { GlimpseError } from "@glimpsejs/base";
import { IncrementalDecoder } from "@glimpsejs/tokenizer";
import { type Notice, readConfig } from "./checkpoint.ts";
import { type GenerateInputs, GitForCausalLM } from "./git-for-causal-lm.ts";
import { GitProcessor } from "./git-processor.ts";
import { rejectUnknownOptions } from "./options.ts";
import type { Platform } from "./platform.ts";
import { type ModelOptions, withFiles } from "./pretrained-model.ts";
import { Trunk } from "./trunk.ts";

/** What caption(), answer() and stream() take: whatever the platform calls a picture, the frames of a clip, or a trunk. */
export type Subject = unknown | { readonly frames: readonly unknown[] } | Trunk;

/** Options of caption(), answer() and stream(). */
export interface TaskOptions {
  /** Most tokens to generate. Default 50, or as many as the model has positions for. */
  readonly maxNewTokens?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options of stream(). */
export interface StreamOptions extends TaskOptions {
  /** Answer this question instead of captioning. */
  readonly question?: string | undefined;
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

  /** Captions (or answers) piece by piece; the pieces joined are the text. Leaving the loop stops the generation. */
  async *stream(subject: Subject, options: StreamOptions = {}): AsyncGenerator<string, TextResult, undefined> {
    const { question, ...task } = options;
    checkOptions(task);
    const prompt = this.prompt(question);
    const { trunk, own } = await this.trunk(subject, options.signal);
    const decoder = new IncrementalDecoder(this.processor.tokenizer, { skipSpecialTokens: true });
    try {
      let result: TextResult | undefined;
      for await (const { sequences } of this.model.generateSteps(this.request(trunk, [prompt], task))) {
        const [sequence] = sequences;
        if (sequence === undefined) break;
        const piece = decoder.push(sequence.tokens.at(-1) ?? 0);
        if (piece !== "") yield piece;
        result = this.result(sequence.tokens, sequence.logProbs);
      }
      const rest = decoder.finish();
      if (rest !== "") yield rest;
      return result ?? this.result([], []);
    } finally {
      if (own) trunk.dispose();
    }
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
    checkOptions(options);
    const { trunk, own } = await this.trunk(subject, options.signal);
    try {
      const { generated, logProbs } = await this.model.generate(this.request(trunk, prompts, options));
      return generated.map((tokens, i) => this.result(tokens, logProbs[i] ?? []));
    } finally {
      if (own) trunk.dispose();
    }
  }

  private async trunk(subject: Subject, signal: AbortSignal | undefined): Promise<{ trunk: Trunk; own: boolean }> {
    return subject instanceof Trunk
      ? { trunk: subject, own: false }
      : { trunk: await this.encode(subject, { signal }), own: true };
  }

  private request(
    trunk: Trunk,
    inputIds: readonly (readonly number[])[],
    { maxNewTokens, signal }: TaskOptions,
  ): GenerateInputs {
    const longest = Math.max(...inputIds.map((ids) => ids.length));
    const room = this.model.config.maxPositionEmbeddings - longest + 1;
    const limit = maxNewTokens ?? Math.max(1, Math.min(defaultNewTokens, room));
    return { trunk, inputIds, maxNewTokens: limit, eosTokenId: this.processor.tokenizer.sepTokenId, signal };
  }

  private result(tokens: readonly number[], logProbs: readonly number[]): TextResult {
    const text = this.processor.decode(tokens, { skipSpecialTokens: true });
    const logProb = logProbs.reduce((sum, x) => sum + x, 0);
    return { text, tokens, logProb, score: tokens.length === 0 ? 0 : logProb / tokens.length };
  }

  /** Frees the model once calls under way have ended. Safe to call twice. */
  async dispose(): Promise<void> {
    await this.model.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

function checkOptions(options: TaskOptions): void {
  rejectUnknownOptions(options, ["maxNewTokens", "signal"]);
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
