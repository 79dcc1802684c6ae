// tokenizer_config.json: the options of BERT's tokenizer, GIT's own. The vocabulary is in vocab.txt or tokenizer.json.
// Defaults: BertTokenizer of transformers 5.18.
import * as v from "valibot";
import { flag, oneOf, text } from "./fields.ts";
import { type ConfigKind, type ConfigRecord, configKind } from "./record.ts";

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
const off = v.optional(v.literal(false, "false"));
const addedToken = v.pipe(
  v.looseObject({ content: text, lstrip: off, rstrip: off, single_word: off }),
  v.transform(({ content }) => content),
);
const specialToken = v.union(
  [text, addedToken],
  "a string that is not empty, or { content } without lstrip, rstrip and single_word",
);
const side = v.optional(oneOf(["left", "right"]), "right");

/** Makes, reads and writes tokenizer configs, as {@link ConfigKind} says. */
export const TokenizerConfig: ConfigKind<TokenizerConfig> = configKind<TokenizerConfig>(
  "TokenizerConfig",
  "tokenizer_config.json",
  {
    fields: {
      doLowerCase: v.optional(flag, true),
      stripAccents: v.optional(v.nullable(flag), null),
      tokenizeChineseChars: v.optional(flag, true),
      unkToken: v.optional(specialToken, "[UNK]"),
      sepToken: v.optional(specialToken, "[SEP]"),
      padToken: v.optional(specialToken, "[PAD]"),
      clsToken: v.optional(specialToken, "[CLS]"),
      maskToken: v.optional(specialToken, "[MASK]"),
      modelMaxLength: v.nullish(
        v.custom<number>((x) => Number.isInteger(x) && Number(x) >= 1, "a whole number, 1 or above"),
        1e30,
      ),
      paddingSide: side,
      truncationSide: side,
      tokenizerClass: v.optional(v.nullable(text), null),
    },
  },
);
