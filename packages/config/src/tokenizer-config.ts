// tokenizer_config.json: the options of BERT's tokenizer, GIT's own. The vocabulary is in vocab.txt or tokenizer.json.
// Defaults: BertTokenizer of transformers 5.18.
import { among, flag, mapped, nullable, oneOf, optional, type Schema, test, text, unlessNull } from "./fields.ts";
import { type ConfigKind, type ConfigRecord, configKind, isObject } from "./record.ts";

/** An end of a text. */
export type Side = "left" | "right";

/** Options of the tokenizer. Reads and writes tokenizer_config.json. */
export interface TokenizerConfig extends ConfigRecord {
  /** Default true. */
  readonly doLowerCase: boolean;
  /** Whether accents are dropped; null does so where doLowerCase does. Default null. */
  readonly stripAccents: boolean | null;
  /** Whether every CJK character is a word of its own. Default true. */
  readonly tokenizeChineseChars: boolean;
  /** Default "[UNK]". In files, this and the other tokens may also be objects with `content`. */
  readonly unkToken: string;
  /** Default "[SEP]". */
  readonly sepToken: string;
  /** Default "[PAD]". */
  readonly padToken: string;
  /** Default "[CLS]". */
  readonly clsToken: string;
  /** Default "[MASK]". */
  readonly maskToken: string;
  /** Longest text in tokens that truncation leaves. Default 1e30, which is how files say "no limit". */
  readonly modelMaxLength: number;
  /** Default "right". */
  readonly paddingSide: Side;
  /** Default "right". */
  readonly truncationSide: Side;
  /** The class in transformers. Default null, unknown. */
  readonly tokenizerClass: string | null;
}

// An AddedToken of transformers. Taking in the space around a token would change the ids, and BERT's tokens never do.
const specialToken: Schema<string> = oneOf(
  [text, mapped(test<AddedToken>(isAddedToken, ""), ({ content }) => content)],
  "a string that is not empty, or { content } without lstrip, rstrip and single_word",
);
const side = optional(among(["left", "right"]), "right");

interface AddedToken {
  readonly content: string;
}

function isAddedToken(x: unknown): boolean {
  if (!isObject(x)) return false;
  const { content, lstrip = false, rstrip = false, single_word = false } = x;
  return typeof content === "string" && content !== "" && [lstrip, rstrip, single_word].every((on) => on === false);
}

/** Makes, reads and writes tokenizer configs, as {@link ConfigKind} says. */
export const TokenizerConfig: ConfigKind<TokenizerConfig> = configKind<TokenizerConfig>(
  "TokenizerConfig",
  "tokenizer_config.json",
  {
    fields: {
      doLowerCase: optional(flag, true),
      stripAccents: optional(nullable(flag), null),
      tokenizeChineseChars: optional(flag, true),
      unkToken: optional(specialToken, "[UNK]"),
      sepToken: optional(specialToken, "[SEP]"),
      padToken: optional(specialToken, "[PAD]"),
      clsToken: optional(specialToken, "[CLS]"),
      maskToken: optional(specialToken, "[MASK]"),
      modelMaxLength: unlessNull(
        test<number>((x) => Number.isInteger(x) && Number(x) >= 1, "a whole number, 1 or above"),
        1e30,
      ),
      paddingSide: side,
      truncationSide: side,
      tokenizerClass: optional(nullable(text), null),
    },
  },
);
