// GitProcessor: pictures to pixel values and text to ids, and ids back to text; as in the documentation of transformers.

import { GlimpseError, show } from "@glimpsejs/base";
import { type GitConfig, ImageProcessorConfig, TokenizerConfig } from "@glimpsejs/config";
import type { HostTensor } from "@glimpsejs/graph";
import { type Clip, ImageProcessor, isClip, type Picture } from "@glimpsejs/processor";
import { BertTokenizer, type EncodeOptions } from "@glimpsejs/tokenizer";
import type { CheckpointFiles } from "@glimpsejs/weights";
import { type Notice, readConfig } from "./checkpoint.ts";
import { loadOnDemand } from "./load-on-demand.ts";
import { checkAll, checkObject, throwProblems, unknownOptions } from "./options.ts";
import type { Host, OpenOptions, Platform, SaveTarget } from "./platform.ts";
import { withFiles } from "./pretrained-model.ts";

/** Arguments of GitProcessor.process(). A batch of pictures and the frames of one clip are different arguments. */
export interface ProcessorInputs extends EncodeOptions {
  /** Pictures, as this platform takes them: paths, URLs, bytes, raw pixels. Gives pixelValues [B, 3, H, W]. */
  readonly images?: readonly unknown[] | undefined;
  /** The frames of one clip: a list of pictures in order, or what loadClip() gives. Gives pixelValues [1, F, 3, H, W]. */
  readonly frames?: readonly unknown[] | Clip | undefined;
  /** One text or several; several are padded to the longest unless `padding` says otherwise. */
  readonly text?: string | readonly string[] | undefined;
  /** Stops decoding; rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
}

const encodeNames = ["addSpecialTokens", "truncation", "maxLength", "padding", "paddingSide"] as const;

/** What process() returns: as much of it as there were arguments for. Ready to be passed to forward() or generate(). */
export interface ProcessorOutput {
  /** float32 [B, 3, H, W], or [1, F, 3, H, W] for `frames`; absent without either. */
  readonly pixelValues?: HostTensor<"float32">;
  /** Token ids [B, T]; absent without `text`. */
  readonly inputIds?: readonly (readonly number[])[];
  /** 1 for tokens and 0 for padding, [B, T]; absent without `text`. */
  readonly attentionMask?: readonly (readonly number[])[];
}

/** Tokenizer and image processor of one checkpoint. Holds no resources. */
export class GitProcessor {
  /** The tokenizer of the checkpoint. */
  readonly tokenizer: BertTokenizer;
  /** The image processor of the checkpoint. */
  readonly imageProcessor: ImageProcessor;
  /** Files the checkpoint lacked and what was assumed instead. */
  readonly notices: readonly Notice[];
  private readonly platform: Host;

  /** From parts that are there already; fromPretrained() reads them from a checkpoint. */
  constructor(
    platform: Host,
    tokenizer: BertTokenizer,
    imageProcessor: ImageProcessor,
    notices: readonly Notice[] = [],
  ) {
    this.platform = platform;
    this.tokenizer = tokenizer;
    this.imageProcessor = imageProcessor;
    this.notices = notices;
  }

  /** Loads tokenizer and processor files of a checkpoint; for those that are missing, what its config.json implies. */
  static fromPretrained<Source>(
    platform: Platform<Source>,
    source?: Source,
    options: OpenOptions = {},
  ): Promise<GitProcessor> {
    return withFiles(platform, source, options, async (files) =>
      GitProcessor.fromFiles(platform, files, await readConfig(files)),
    );
  }

  /** The same from files that are open already. */
  static async fromFiles(platform: Host, files: CheckpointFiles, config: GitConfig): Promise<GitProcessor> {
    const notices: Notice[] = [];
    const tokenizer = await readTokenizer(files, config, notices);
    return new GitProcessor(platform, tokenizer, await readImageProcessor(files, config, notices), notices);
  }

  /** Prepares pictures, frames and text. Throws "invalid-argument", "invalid-image". */
  async process(inputs: ProcessorInputs): Promise<ProcessorOutput> {
    checkObject("process()", inputs);
    const { images, frames, text, signal } = inputs;
    const both = {
      subject: "process()",
      problem: "images and frames are both given",
      advice: "Pass pictures as images, or one clip as frames.",
    };
    const [, encoded] = checkAll(
      () =>
        throwProblems([
          ...unknownOptions(inputs, ["images", "frames", "text", "signal", ...encodeNames]),
          ...(images !== undefined && frames !== undefined ? [both] : []),
        ]),
      () => {
        const texts = typeof text === "string" ? [text] : (text ?? []);
        const given = Object.fromEntries(encodeNames.map((name) => [name, inputs[name]]));
        const rows = this.tokenizer.encodeBatch(texts, {
          ...given,
          padding: inputs.padding ?? (texts.length > 1 && "longest"),
        });
        return text === undefined ? undefined : rows;
      },
    );
    return {
      ...(images && { pixelValues: this.imageProcessor.preprocess(await this.pictures(images, signal)) }),
      ...(frames && { pixelValues: await this.imageProcessor.preprocessFrames(this.frames(frames, signal)) }),
      ...encoded,
    };
  }

  /** The frames of a clip, or pictures, decoded one at a time without preparing them for the model. */
  async *frames(frames: readonly unknown[] | Clip, signal?: AbortSignal): AsyncGenerator<Picture, void, undefined> {
    if (isClip(frames)) yield* frames.frames({ signal });
    else for (const frame of checkedList(frames, "frames")) yield this.platform.picture(frame, signal);
  }

  /** Decodes pictures, one after the other, without preparing them for the model. */
  async pictures(inputs: readonly unknown[], signal?: AbortSignal): Promise<readonly Picture[]> {
    const pictures: Picture[] = [];
    for (const input of checkedList(inputs, "pictures")) pictures.push(await this.platform.picture(input, signal));
    return pictures;
  }

  /** Ids to text. */
  decode(ids: Iterable<number>, options: { readonly skipSpecialTokens?: boolean } = {}): string {
    return this.tokenizer.decode(ids, options);
  }

  /** Rows of ids to texts. */
  batchDecode(rows: Iterable<Iterable<number>>, options: { readonly skipSpecialTokens?: boolean } = {}): string[] {
    if (typeof rows === "object" && rows !== null && Symbol.iterator in rows)
      return Array.from(rows, (ids) => this.decode(ids, options));
    throw new GlimpseError(
      {
        subject: "batchDecode()",
        problem: "it takes rows of token ids",
        expected: "an array of arrays",
        got: show(rows),
      },
      { code: "invalid-argument" },
    );
  }

  /** Writes preprocessor_config.json, vocab.txt, tokenizer.json and tokenizer_config.json into a folder. */
  async savePretrained(folder: SaveTarget): Promise<void> {
    const { writeJson } = await loadOnDemand();
    const sink = await this.platform.sink(folder);
    await writeJson(sink, "preprocessor_config.json", ImageProcessorConfig.toJson(this.imageProcessor.config));
    await writeJson(sink, "tokenizer.json", this.tokenizer.toTokenizerJson());
    await writeJson(sink, "tokenizer_config.json", TokenizerConfig.toJson(this.tokenizer.config));
    await sink.write("vocab.txt", [new TextEncoder().encode(this.tokenizer.toVocabText())]);
  }
}

function checkedList(inputs: readonly unknown[], subject: string): readonly unknown[] {
  if (Array.isArray(inputs)) return inputs;
  throw new GlimpseError(
    { subject, problem: "they are no list", got: typeof inputs, advice: "Put one picture into [ ]." },
    { code: "invalid-argument" },
  );
}

/** tokenizer.json, or vocab.txt with tokenizer_config.json, or the vocabulary that config.json implies. */
export async function readTokenizer(
  files: CheckpointFiles,
  config: GitConfig,
  notices: Notice[],
): Promise<BertTokenizer> {
  const settings = await files.json("tokenizer_config.json");
  const options =
    settings === undefined ? {} : { config: TokenizerConfig.fromJson(settings, `${files.name}/tokenizer_config.json`) };
  const tokenizer = await readVocabulary(files, config, notices, options);
  if (tokenizer.vocabSize > config.vocabSize) {
    throw new GlimpseError(
      {
        subject: files.name,
        problem: "the tokenizer has tokens that the model does not know",
        expected: `at most ${config.vocabSize}`,
        got: String(tokenizer.vocabSize),
      },
      { code: "invalid-tokenizer" },
    );
  }
  if (tokenizer.vocabSize < config.vocabSize) {
    const unnamed = config.vocabSize - tokenizer.vocabSize;
    notices.push({
      file: `text for the last ${unnamed} of ${config.vocabSize} tokens`,
      assumed: "that they are never said",
    });
  }
  return tokenizer;
}

async function readVocabulary(
  files: CheckpointFiles,
  config: GitConfig,
  notices: Notice[],
  options: { config?: TokenizerConfig },
): Promise<BertTokenizer> {
  const json = await files.json("tokenizer.json");
  if (json !== undefined)
    return BertTokenizer.fromTokenizerJson(json, { ...options, subject: `${files.name}/tokenizer.json` });
  const vocabulary = await files.bytes("vocab.txt", maxVocabularyBytes);
  if (vocabulary !== undefined)
    return BertTokenizer.fromVocab(vocabulary, { ...options, subject: `${files.name}/vocab.txt` });
  if (config.vocabSize !== bertVocabSize) {
    throw new GlimpseError(
      {
        subject: files.name,
        problem: "there is neither tokenizer.json nor vocab.txt",
        advice: `A vocabulary of ${config.vocabSize} tokens is not BERT's, so it cannot be assumed.`,
      },
      { code: "missing-file" },
    );
  }
  notices.push({
    file: "tokenizer.json",
    assumed: `the vocabulary of bert-base-uncased, since config.json says vocab_size ${bertVocabSize}`,
  });
  const { vocabulary: bert } = await import("@glimpsejs/tokenizer/bert-base-uncased");
  return BertTokenizer.fromVocab(bert, options);
}

const bertVocabSize = 30522;
// A million lines of the longest words a tokenizer splits (100 characters) are 100 MB; real ones have 0.2.
const maxVocabularyBytes = 100_000_000;

/** preprocessor_config.json, or processor_config.json, or what config.json implies. */
export async function readImageProcessor(
  files: CheckpointFiles,
  config: GitConfig,
  notices: Notice[],
): Promise<ImageProcessor> {
  for (const file of ["preprocessor_config.json", "processor_config.json"]) {
    const json = await files.json(file);
    if (json !== undefined) return new ImageProcessor(ImageProcessorConfig.fromJson(json, `${files.name}/${file}`));
  }
  const { imageSize } = config.visionConfig;
  notices.push({
    file: "preprocessor_config.json",
    assumed: `CLIP preprocessing to ${imageSize} × ${imageSize} pixels`,
  });
  return new ImageProcessor(ImageProcessorConfig.forModel(config));
}
