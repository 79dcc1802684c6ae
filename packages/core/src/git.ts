// The front door: one object that captions pictures and answers questions about them. It only composes: the processor
// prepares, the model generates, the tokenizer writes.

import { encodeOptions, only } from "./call-parts.ts";
import {
  type CaptionAllOptions,
  type CaptionAllResult,
  captionAllOptionNames,
  checkCaptionAll,
} from "./caption-all-options.ts";
import { type Notice, readConfig } from "./checkpoint.ts";
import type { BackendInUse } from "./engine.ts";
import { GitCalls } from "./git-calls.ts";
import { GitForCausalLM } from "./git-for-causal-lm.ts";
import { GitProcessor } from "./git-processor.ts";
import { isLive } from "./live/is-live.ts";
import { loadOnDemand } from "./load-on-demand.ts";
import { checkAll, checkObject, throwProblems } from "./options.ts";
import type { Platform } from "./platform.ts";
import { type ModelOptions, withFiles } from "./pretrained-model.ts";
import type { LabelScore, RankedText, TextScore } from "./scoring/results.ts";
import type {
  EncodeTaskOptions,
  ExplainedText,
  LiveOptions,
  LiveText,
  ScoreOptions,
  StreamOptions,
  Subject,
  TaskOptions,
  TextResult,
} from "./tasks.ts";
import { missingQuestions, textResult } from "./text-request.ts";
import type { Trunk } from "./trunk.ts";

/** A loaded model with its processor. Owns the model: dispose() when done, or declare it with `await using`. */
export class Git {
  /** The model, for generate(), forward() and what else captions do not need. Disposed with this. */
  readonly model: GitForCausalLM;
  /** Tokenizer and image processor of the checkpoint. */
  readonly processor: GitProcessor;
  private readonly calls: GitCalls;

  private constructor(model: GitForCausalLM, processor: GitProcessor) {
    this.model = model;
    this.processor = processor;
    this.calls = new GitCalls(model, processor);
  }

  /** Loads a checkpoint by Hub id or folder; the bundled demo checkpoint when left out. */
  static load<Source>(platform: Platform<Source>, source?: Source, options: ModelOptions = {}): Promise<Git> {
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

  /** The backend that computes, and why those that were to be preferred do not. */
  get backend(): BackendInUse {
    return this.model.backend;
  }

  /** Describes a picture or clip; an array of pictures, or of clips, gives an array, encoded as one batch. */
  caption(subjects: readonly unknown[], options?: TaskOptions): Promise<TextResult[]>;
  caption(subject: Subject, options?: TaskOptions): Promise<TextResult>;
  async caption(subject: Subject, options: TaskOptions = {}): Promise<TextResult | TextResult[]> {
    const pictures = Array.isArray(subject) ? subject.length : 1;
    const request = this.calls.request(
      Array.from({ length: pictures }, () => undefined),
      options,
    );
    const results = await this.calls.run("caption()", subject, request, encodeOptions(options, undefined), pictures);
    return Array.isArray(subject) ? results : only(results);
  }

  /**
   * Captions any number of pictures or clips, batch by batch and in their order; pictures are decoded while the batch
   * before is computed. One that fails gives its error in its place. Throws "invalid-argument" when it is called, and
   * while it runs what the source throws, and "aborted".
   * @example for await (const { index, result, error } of git.captionAll(files, { batchSize: 8 })) …
   */
  captionAll(
    subjects: AsyncIterable<Subject> | Iterable<Subject>,
    options: CaptionAllOptions = {},
  ): AsyncGenerator<CaptionAllResult, void, undefined> {
    checkObject("captionAll()", options);
    const { calls } = this;
    const request = (rows: number) =>
      this.calls.request(
        Array.from({ length: rows }, () => options.question),
        options,
        captionAllOptionNames,
      );
    checkAll(
      () => request(1),
      () => checkCaptionAll(subjects, options),
    );
    const { question, batchSize = 8, onProgress, signal } = options;
    const encoding = encodeOptions(options, question);
    return begunLater(async () =>
      (await loadOnDemand()).captionAll(subjects, {
        batchSize,
        onProgress,
        signal,
        prepare: async (subject) => calls.pixelValues(subject, encoding),
        caption: (pixelValues) =>
          calls.during(async () => {
            const trunk = await calls.encodePixels(pixelValues, encoding);
            try {
              return await calls.texts(request(trunk.batch), trunk);
            } finally {
              trunk.dispose();
            }
          }),
      }),
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
    const questions: readonly string[] = [question].flat();
    const [request] = checkAll(
      () => this.calls.request(questions, options),
      () => throwProblems(missingQuestions(questions)),
    );
    const results = await this.calls.run("answer()", subject, request, encodeOptions(options, ""));
    return Array.isArray(question) ? results : only(results);
  }

  /**
   * Captions (or answers about) a live source, an async iterable of frames such as a camera's: again and again about the
   * newest `window` frames, until the source ends or the loop is left. While the model works, frames that come are passed
   * over but for the newest; each frame it takes is encoded once. The first texts are about fewer frames. Frames with a
   * close() (VideoFrame, ImageBitmap) are closed. For a file, which waits, loadClip() chooses frames better.
   */
  stream(source: AsyncIterable<unknown>, options?: LiveOptions): AsyncGenerator<LiveText, void, undefined>;
  /**
   * Captions (or answers) piece by piece; the pieces joined are the text, which is also returned. Leaving the loop
   * stops the generation. Beams decide only at the end, so with numBeams the text comes as one piece.
   */
  stream(subject: Subject, options?: StreamOptions): AsyncGenerator<string, TextResult, undefined>;
  stream(
    subject: Subject,
    options: LiveOptions = {},
  ): AsyncGenerator<string, TextResult, undefined> | AsyncGenerator<LiveText, void, undefined> {
    return isLive(subject)
      ? begunLater(async () => (await loadOnDemand()).live(this.calls, subject, options))
      : this.pieces(subject, options);
  }

  private async *pieces(subject: Subject, options: StreamOptions): AsyncGenerator<string, TextResult, undefined> {
    const request = this.calls.request([options?.question], options, ["question"]);
    const { trunk, own } = await this.calls.during(() =>
      this.calls.trunk(subject, encodeOptions(options, options.question)),
    );
    const steps = this.model.generateSteps({ ...request, trunk });
    const decoder = this.processor.tokenizer.incrementalDecoder({ skipSpecialTokens: true });
    const inOrder = (request.numBeams ?? this.model.generationConfig.numBeams ?? 1) === 1;
    try {
      const next = () => this.calls.during(() => steps.next());
      let step = await next();
      for (; !step.done; step = await next()) {
        const piece = inOrder ? decoder.push(step.value.sequences[0]?.tokens.at(-1) ?? 0) : "";
        if (piece !== "") yield piece;
      }
      const [best] = step.value;
      const result = textResult(this.processor, best?.tokens ?? [], best?.logProbs ?? [], best?.score);
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
   * order of `texts`, many texts on one encode. Throws "invalid-argument" listing texts that are empty or too long, and
   * for a batch of pictures.
   */
  score(subject: Subject, texts: readonly string[], options: ScoreOptions = {}): Promise<readonly TextScore[]> {
    return this.calls.during(async () => (await loadOnDemand()).scored(this.calls, subject, texts, options));
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
    const scores = await this.score(subject, labels, options);
    return (await loadOnDemand()).labelScores(scores);
  }

  /**
   * Captions a picture or clip (or answers `question`) and says for each word where the model looked: its attention to
   * the image's patches, as data; {@link heatMapPng} draws it.
   */
  async explain(subject: Exclude<Subject, Trunk>, options: StreamOptions = {}): Promise<ExplainedText> {
    return this.calls.during(async () => (await loadOnDemand()).explained(this.calls, subject, options));
  }

  /** Encodes a picture or clip (or an array of pictures) once, for any number of later calls. Dispose the trunk. */
  async encode(subject: Subject, options: EncodeTaskOptions = {}): Promise<Trunk> {
    return this.calls.encode(subject, options);
  }

  /**
   * Frees the model once calls under way have ended. A stream ends with the piece it is at: reading on is a "disposed"
   * error. Safe to call twice.
   */
  async dispose(): Promise<void> {
    await this.calls.settled();
    await this.model.dispose();
  }

  /** dispose(), for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** The generator that `begin` gives, which is asked for when the first value is. */
async function* begunLater<T>(
  begin: () => Promise<AsyncGenerator<T, void, undefined>>,
): AsyncGenerator<T, void, undefined> {
  yield* await begin();
}
