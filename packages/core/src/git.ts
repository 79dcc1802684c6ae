// The front door: one object that captions pictures and answers questions about them. It only composes: the processor
// prepares, the model generates, the tokenizer writes.
import { GlimpseError } from "@glimpsejs/base";
import { float32, type HostTensor } from "@glimpsejs/graph";
import {
  type CaptionAllOptions,
  type CaptionAllResult,
  captionAllOptionNames,
  checkCaptionAll,
} from "./caption-all-options.ts";
import { type Notice, readConfig } from "./checkpoint.ts";
import type { GenerateOutput } from "./generation/generate.ts";
import { GitForCausalLM } from "./git-for-causal-lm.ts";
import { GitProcessor } from "./git-processor.ts";
import { isLive, liveWindow } from "./live/live-window.ts";
import { booleanProblems, checkAll, checkObject, throwProblems, unknownOptions } from "./options.ts";
import type { Platform } from "./platform.ts";
import { presetProblems } from "./presets.ts";
import { type ModelOptions, withFiles } from "./pretrained-model.ts";
import type { LabelScore, RankedText, TextScore } from "./scoring/results.ts";
import { pixelValuesOf } from "./subject.ts";
import {
  type EncodeTaskOptions,
  type ExplainedText,
  encodeOptionNames,
  type LiveOptions,
  type LiveText,
  type ScoreOptions,
  type StreamOptions,
  type Subject,
  type TaskOptions,
  type TextResult,
} from "./tasks.ts";
import { missingQuestions, type TextRequest, textRequest, textResult, textResults } from "./text-request.ts";
import { Trunk } from "./trunk.ts";

/** A loaded model with its processor. Owns the model: dispose() when done, or declare it with `await using`. */
export class Git {
  readonly model: GitForCausalLM;
  readonly processor: GitProcessor;
  private readonly calls = new Set<Promise<unknown>>();

  private constructor(model: GitForCausalLM, processor: GitProcessor) {
    this.model = model;
    this.processor = processor;
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

  /** Describes a picture or clip; an array of pictures, or of clips, gives an array, encoded as one batch. */
  caption(subjects: readonly unknown[], options?: TaskOptions): Promise<TextResult[]>;
  caption(subject: Subject, options?: TaskOptions): Promise<TextResult>;
  async caption(subject: Subject, options: TaskOptions = {}): Promise<TextResult | TextResult[]> {
    const pictures = Array.isArray(subject) ? subject.length : 1;
    const request = this.request(
      Array.from({ length: pictures }, () => undefined),
      options,
    );
    const results = await this.run("caption()", subject, request, encodeOptions(options, undefined), pictures);
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
    const request = (rows: number) =>
      this.request(
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
      (await import("./on-demand.ts")).captionAll(subjects, {
        batchSize,
        onProgress,
        signal,
        prepare: async (subject) => this.pixelValues(subject, encoding),
        caption: (pixelValues) =>
          this.during(async () => {
            using trunk = await this.encodePixels(pixelValues, encoding);
            return this.results(await this.model.generate({ ...request(trunk.batch), trunk }));
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
      () => this.request(questions, options),
      () => throwProblems(missingQuestions(questions)),
    );
    const results = await this.run("answer()", subject, request, encodeOptions(options, ""));
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
    return isLive(subject) ? this.live(subject, options) : this.pieces(subject, options);
  }

  private async *live(source: AsyncIterable<unknown>, options: LiveOptions): AsyncGenerator<LiveText, void, undefined> {
    const { model } = this;
    const [request, window] = checkAll(
      () => this.request([options?.question], options, ["question", "window"]),
      () => liveWindow(options?.window, model.config),
    );
    const { question, signal } = options;
    const { liveTexts } = await import("./on-demand.ts");
    yield* liveTexts(source, {
      window,
      signal,
      encode: async (frame) => {
        const { data, shape } = await this.pixelValues({ frames: [frame] }, encodeOptions(options, question));
        return model.encodeFrame(float32(data, shape.slice(1)), { signal }); // [1, 1, 3, H, W] as a still
      },
      describe: async (frames) => {
        using trunk = await model.joinFrames(frames);
        return only(this.results(await model.generate({ ...request, trunk })));
      },
    });
  }

  private async *pieces(subject: Subject, options: StreamOptions): AsyncGenerator<string, TextResult, undefined> {
    const request = this.request([options?.question], options, ["question"]);
    const { trunk, own } = await this.during(() => this.trunk(subject, encodeOptions(options, options.question)));
    const steps = this.model.generateSteps({ ...request, trunk });
    const decoder = this.processor.tokenizer.incrementalDecoder({ skipSpecialTokens: true });
    const inOrder = (request.numBeams ?? this.model.generationConfig.numBeams ?? 1) === 1;
    try {
      const next = () => this.during(() => steps.next());
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
    return this.during(() => this.scored(subject, texts, options));
  }

  private async scored(
    subject: Subject,
    texts: readonly string[],
    options: ScoreOptions,
  ): Promise<readonly TextScore[]> {
    const { givenTexts, scoreGivenTexts } = await import("./on-demand.ts");
    const given = givenTexts(this.model, this.processor, texts, options);
    const { trunk, own } = await this.trunk(subject, { signal: options.signal });
    try {
      checkPictures("score()", trunk, 1);
      return await scoreGivenTexts(this.model, trunk, given, options.signal);
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
    const scores = await this.score(subject, labels, options);
    const { labelScores } = await import("./on-demand.ts");
    return labelScores(scores);
  }

  /**
   * Captions a picture or clip (or answers `question`) and says for each word where the model looked: its attention to
   * the image's patches, as data; {@link heatMapPng} draws it.
   */
  async explain(subject: Exclude<Subject, Trunk>, options: StreamOptions = {}): Promise<ExplainedText> {
    return this.during(() => this.explained(subject, options));
  }

  private async explained(subject: Exclude<Subject, Trunk>, options: StreamOptions): Promise<ExplainedText> {
    const request = this.request([options?.question], options, ["question"]);
    const encoding = encodeOptions(options, options.question);
    const pixelValues = await this.pixelValues(subject, encoding);
    using trunk = await this.encodePixels(pixelValues, encoding);
    const result = only(this.results(await this.model.generate({ ...request, trunk })));
    const [prompt = []] = request.inputIds;
    const { model, processor } = this;
    const { explainWords } = await import("./on-demand.ts");
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
    checkAll(
      () => throwProblems(unknownOptions(options, encodeOptionNames)),
      () => throwProblems([...presetProblems(options?.preset), ...booleanProblems(options ?? {}, ["forQuestion"])]),
    );
    return this.during(async () => this.encodePixels(await this.pixelValues(subject, options), options));
  }

  /**
   * Frees the model once calls under way have ended. A stream ends with the piece it is at: reading on is a "disposed"
   * error. Safe to call twice.
   */
  async dispose(): Promise<void> {
    await Promise.allSettled(this.calls);
    await this.model.dispose();
  }

  /** dispose(), for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  private pixelValues(subject: Subject, options: EncodeTaskOptions): Promise<HostTensor<"float32">> {
    return pixelValuesOf(subject, this.processor, this.model.config, options);
  }

  private encodePixels(pixelValues: HostTensor<"float32">, { preset, signal }: EncodeTaskOptions): Promise<Trunk> {
    return this.model.encode(pixelValues, { interpolatePosEncoding: preset === "paper", signal });
  }

  /** One text for each prompt of `request`, about `pictures` pictures. */
  private async run(
    name: string,
    subject: Subject,
    request: TextRequest,
    encoding: EncodeTaskOptions,
    pictures = 1,
  ): Promise<TextResult[]> {
    if (request.inputIds.length === 0) return [];
    return this.during(async () => {
      const { trunk, own } = await this.trunk(subject, encoding);
      try {
        checkPictures(name, trunk, pictures);
        return this.results(await this.model.generate({ ...request, trunk }));
      } finally {
        if (own) trunk.dispose();
      }
    });
  }

  /** Remembers a call while it lasts, so that dispose() can wait for it. */
  private during<T>(call: () => Promise<T>): Promise<T> {
    const running = call();
    this.calls.add(running);
    return running.finally(() => this.calls.delete(running));
  }

  private async trunk(subject: Subject, options: EncodeTaskOptions): Promise<{ trunk: Trunk; own: boolean }> {
    if (subject instanceof Trunk) return { trunk: subject, own: false };
    return { trunk: await this.encode(subject, options), own: true };
  }

  private request(
    questions: readonly (string | undefined)[],
    options: TaskOptions,
    ownNames: readonly string[] = [],
  ): TextRequest {
    return textRequest(this.model, this.processor, questions, options, ownNames);
  }

  private results(output: GenerateOutput): TextResult[] {
    return textResults(this.processor, output);
  }
}

/** How the picture of a text is encoded. */
function encodeOptions({ preset, signal }: TaskOptions, question: string | undefined): EncodeTaskOptions {
  return { preset, signal, forQuestion: question !== undefined };
}

/** The generator that `begin` gives, which is asked for when the first value is. */
async function* begunLater<T>(
  begin: () => Promise<AsyncGenerator<T, void, undefined>>,
): AsyncGenerator<T, void, undefined> {
  yield* await begin();
}

function checkPictures(subject: string, trunk: Trunk, expected: number): void {
  if (trunk.batch === expected) return;
  const advice = "Pass an array of pictures to caption(), or encode them one by one.";
  throw new GlimpseError(
    {
      subject,
      problem: "the number of pictures is wrong",
      expected: String(expected),
      got: String(trunk.batch),
      advice,
    },
    { code: "invalid-argument" },
  );
}

function only(results: readonly TextResult[]): TextResult {
  const [result] = results;
  if (result === undefined) throw new TypeError("generate(): a prompt has no result.");
  return result;
}
