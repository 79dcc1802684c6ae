// BERT's tokenizer: composes the reading of its files, the finding of special tokens, normalizer, WordPiece model and
// decoder into one object. Each step is in its own file; this one has the rows: truncation, padding, masks.
import { GlimpseError, type JsonValue, type Problem, show } from "@glimpsejs/base";
import { TokenizerConfig } from "@glimpsejs/config";
import { checkFindable, type TokenFinder, tokenFinder, withSpecialTokens } from "./added-tokens.ts";
import { type DecoderTable, decode, type IncrementalDecoder, incrementalDecoder } from "./decoder.ts";
import { type NormalizerOptions, normalize, splitWords } from "./normalizer.ts";
import {
  checkTokenizerOptions,
  type DecodeOptions,
  type EncodeOptions,
  type EncodePlan,
  encodePlan,
  type TokenizerOptions,
} from "./options.ts";
import { readTokenizerJson, type TokenizerSpec, writeTokenizerJson } from "./tokenizer-json.ts";
import { readVocabText, writeVocabText } from "./vocab-text.ts";
import { type WordPiece, wordPiece } from "./word-piece.ts";

/** A text, or one that is split into words already; each word is then normalized and split on its own. */
export type TextInput = string | readonly string[];

/** One text as a model reads it. */
export interface Encoding {
  /** Token ids. // [T] */
  readonly inputIds: number[];
  /** 1 at a token of the text, [CLS] and [SEP] included, 0 at padding. // [T] */
  readonly attentionMask: number[];
}

/** Several texts as a model reads them; rows have one length where padding was asked for. */
export interface BatchEncoding {
  /** Token ids. // [B][T] */
  readonly inputIds: number[][];
  /** 1 at a token of the text, [CLS] and [SEP] included, 0 at padding. // [B][T] */
  readonly attentionMask: number[][];
}

/**
 * BERT's WordPiece tokenizer, equal to the Rust tokenizers library as transformers' BertTokenizer sets it up.
 * Immutable. Halves of surrogate pairs in a text are dropped, as U+FFFD is.
 *
 * @example
 * const tokenizer = BertTokenizer.fromVocab(vocabulary); // import { vocabulary } from "@glimpsejs/tokenizer/bert-base-uncased"
 * tokenizer.encode("two cats").inputIds; // [101, 2048, 8870, 102]
 * tokenizer.decode([2048, 8870]); // "two cats"
 */
export class BertTokenizer {
  /** Ids there are, added tokens included: one more than the highest id. */
  readonly vocabSize: number;
  /** The id of [CLS], which every text begins with. */
  readonly clsTokenId: number;
  /** The id of [SEP], which ends a text. */
  readonly sepTokenId: number;
  /** The id of [PAD], which fills up shorter texts. */
  readonly padTokenId: number;
  /** The id of [UNK], which stands for words that the vocabulary cannot spell. */
  readonly unkTokenId: number;
  /** Undefined where the vocabulary has no mask token, which GIT does not need. */
  readonly maskTokenId: number | undefined;
  /** The config it was made with, filled in. */
  readonly config: TokenizerConfig;
  private readonly spec: TokenizerSpec;
  private readonly ids: ReadonlyMap<string, number>;
  private readonly tokens: ReadonlyMap<number, string>;
  private readonly normalizer: NormalizerOptions;
  private readonly findRaw: TokenFinder;
  private readonly findNormalized: TokenFinder;
  private readonly wordPiece: WordPiece;
  private readonly decoderTable: DecoderTable;

  /**
   * Reads vocab.txt, as text or UTF-8 bytes. The five special tokens of the config are found in texts.
   * Throws "invalid-tokenizer" on duplicates, more than 1,000,000 lines, or a missing special token ([MASK] may be missing).
   */
  static fromVocab(vocabTxt: string | Uint8Array, options: TokenizerOptions = {}): BertTokenizer {
    checkTokenizerOptions(options);
    const subject = options.subject ?? "vocab.txt";
    const pieces = readVocabText(vocabTxt, subject);
    return new BertTokenizer({ pieces, addedTokens: [], config: TokenizerConfig.create(options.config) }, subject);
  }

  /**
   * Reads tokenizer.json. What `options.config` sets goes before what the file says of the same, as in transformers.
   * Throws "invalid-tokenizer" with all problems where it is damaged or not BERT's.
   */
  static fromTokenizerJson(json: JsonValue, options: TokenizerOptions = {}): BertTokenizer {
    checkTokenizerOptions(options);
    const subject = options.subject ?? "tokenizer.json";
    return new BertTokenizer(readTokenizerJson(json, options.config ?? {}, subject), subject);
  }

  private constructor(spec: TokenizerSpec, subject: string) {
    const { config } = spec;
    const ids = new Map(spec.pieces);
    for (const { content, id } of spec.addedTokens) ids.set(content, id);
    const problems: Problem[] = [];
    const required = (option: string, token: string): number => {
      const id = ids.get(token);
      if (id === undefined) {
        const advice = `If this vocabulary calls it otherwise, set ${option} in tokenizer_config.json.`;
        problems.push({ subject, problem: `the token ${show(token)} is missing`, advice });
      }
      return id ?? -1;
    };
    this.clsTokenId = required("cls_token", config.clsToken);
    this.sepTokenId = required("sep_token", config.sepToken);
    this.padTokenId = required("pad_token", config.padToken);
    this.unkTokenId = required("unk_token", config.unkToken);
    this.maskTokenId = ids.get(config.maskToken);
    if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-tokenizer" });

    const addedTokens = withSpecialTokens(spec.addedTokens, config, ids);
    checkFindable(addedTokens, subject);
    this.config = config;
    this.spec = { ...spec, addedTokens };
    this.ids = ids;
    const tokens = new Map<number, string>();
    let vocabSize = 0;
    for (const [token, id] of ids) {
      tokens.set(id, token);
      vocabSize = Math.max(vocabSize, id + 1);
    }
    this.tokens = tokens;
    this.vocabSize = vocabSize;
    this.normalizer = {
      handleChineseChars: config.tokenizeChineseChars,
      stripAccents: config.stripAccents ?? config.doLowerCase,
      lowercase: config.doLowerCase,
    };
    const raw = addedTokens.filter(({ normalized }) => !normalized);
    const normalized = addedTokens
      .filter((token) => token.normalized)
      .map((token) => ({ ...token, content: normalize(token.content, this.normalizer) }))
      .filter(({ content }) => content !== "");
    this.findRaw = tokenFinder(raw);
    this.findNormalized = tokenFinder(normalized);
    this.wordPiece = wordPiece(spec.pieces, this.unkTokenId);
    this.decoderTable = {
      tokens,
      normalized: new Map(normalized.map(({ id, content }) => [id, content])),
      specials: new Set(addedTokens.filter(({ special }) => special).map(({ content }) => content)),
      cleanUpSpaces: config.extra["clean_up_tokenization_spaces"] === true,
    };
  }

  /** Encodes one text. Throws "invalid-argument" on impossible options, and where a text is longer than it may be padded to. */
  encode(text: TextInput, options: EncodeOptions = {}): Encoding {
    const { inputIds, attentionMask } = this.encodeBatch([text], options);
    return { inputIds: inputIds[0] ?? [], attentionMask: attentionMask[0] ?? [] };
  }

  /** Encodes several texts into as many rows. Errors as in {@link BertTokenizer.encode}. */
  encodeBatch(texts: readonly TextInput[], options: EncodeOptions = {}): BatchEncoding {
    const plan = encodePlan(options, this.config);
    if (!Array.isArray(texts)) {
      throw new GlimpseError(
        { subject: "texts", problem: "they are no list", got: show(texts), advice: "Put one text into [ ]." },
        { code: "invalid-argument" },
      );
    }
    const rows = texts.map((text, i) => this.row(text, plan, `text ${i}`));
    const length = plan.padTo === "longest" ? rows.reduce((most, row) => Math.max(most, row.length), 0) : plan.padTo;
    const padded = rows.map((ids, i) => {
      const missing = (length ?? ids.length) - ids.length;
      if (missing < 0) throw tooLong(`text ${i}`, ids.length, length);
      const mask = new Array<number>(ids.length).fill(1);
      return { ids: pad(ids, this.padTokenId, missing, plan), mask: pad(mask, 0, missing, plan) };
    });
    return { inputIds: padded.map(({ ids }) => ids), attentionMask: padded.map(({ mask }) => mask) };
  }

  /**
   * Turns ids into text. An id that no token has, which a model with more rows than there are tokens may generate, gives
   * no text, as in the Rust library.
   * Throws "invalid-argument" on what is no list, or cannot be an id: a negative number, a fraction, 2^32 or above.
   */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    return decode(ids, this.decoderTable, options);
  }

  /** Makes a decoder that takes ids one by one. Its pieces, joined, are what {@link BertTokenizer.decode} returns. */
  incrementalDecoder(options: DecodeOptions = {}): IncrementalDecoder {
    return incrementalDecoder(this.decoderTable, options);
  }

  /** The id of a token, spelled as in the vocabulary ("##s"). */
  tokenToId(token: string): number | undefined {
    return this.ids.get(token);
  }

  /** The token of an id, spelled as in the vocabulary ("##s"). */
  idToToken(id: number): string | undefined {
    return this.tokens.get(id);
  }

  /**
   * Writes vocab.txt; added tokens beyond the vocabulary are not in it. Throws "unsupported" where the ids have gaps or a
   * piece cannot stand in a line.
   */
  toVocabText(): string {
    return writeVocabText(this.spec.pieces);
  }

  /** Writes tokenizer.json, which transformers and the Rust library read too. */
  toTokenizerJson(): JsonValue {
    return writeTokenizerJson(this.spec, this.clsTokenId, this.sepTokenId);
  }

  /** The ids of one text, truncated but not padded. */
  private row(text: TextInput, plan: EncodePlan, subject: string): number[] {
    const words = typeof text === "string" ? [text] : text;
    if (!Array.isArray(words) || !words.every((word) => typeof word === "string")) {
      const expected = "a string or an array of strings";
      throw new GlimpseError(
        { subject, problem: "it cannot be encoded", expected, got: show(text) },
        { code: "invalid-argument" },
      );
    }
    const ids: number[] = [];
    for (const word of words) this.appendIds(word, ids);
    const { addSpecialTokens, truncateTo = Number.POSITIVE_INFINITY } = plan;
    const excess = Math.max(0, ids.length + (addSpecialTokens ? 2 : 0) - truncateTo);
    const kept = this.config.truncationSide === "left" ? ids.slice(excess) : ids.slice(0, ids.length - excess);
    return addSpecialTokens ? [this.clsTokenId, ...kept, this.sepTokenId] : kept;
  }

  private appendIds(text: string, ids: number[]): void {
    for (const part of this.findRaw(text)) {
      if (typeof part === "number") ids.push(part);
      else {
        for (const piece of this.findNormalized(normalize(part, this.normalizer))) {
          if (typeof piece === "number") ids.push(piece);
          else for (const word of splitWords(piece)) this.wordPiece(word, ids);
        }
      }
    }
  }
}

function pad(row: number[], value: number, missing: number, { paddingSide }: EncodePlan): number[] {
  const padding = new Array<number>(missing).fill(value);
  return paddingSide === "left" ? [...padding, ...row] : [...row, ...padding];
}

function tooLong(subject: string, length: number, padTo: number | undefined): GlimpseError {
  const problem = "it is longer than it is to be padded to";
  const [expected, got] = [`at most ${padTo} tokens`, `${length} tokens`];
  return new GlimpseError(
    { subject, problem, expected, got, advice: "Set truncation: true." },
    { code: "invalid-argument" },
  );
}
