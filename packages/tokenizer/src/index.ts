// BERT uncased WordPiece, equal to the Rust tokenizers library. The vocabulary of bert-base-uncased is a subpath of its
// own, so that only who needs it carries its 230 kB.
export {
  type BatchEncoding,
  BertTokenizer,
  type Encoding,
  type TextInput,
} from "./bert-tokenizer.ts";
export type { IncrementalDecoder } from "./decoder.ts";
export type { DecodeOptions, EncodeOptions, TokenizerOptions } from "./options.ts";
