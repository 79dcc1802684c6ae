// tokenizer_config.json: what is kept, and what is refused.
import { expect, test } from "vitest";
import { TokenizerConfig } from "./tokenizer-config.ts";

// transformers 5.18, BertTokenizer
const defaults = {
  cls_token: "[CLS]",
  do_lower_case: true,
  mask_token: "[MASK]",
  model_max_length: 1e30,
  pad_token: "[PAD]",
  padding_side: "right",
  sep_token: "[SEP]",
  strip_accents: null,
  tokenize_chinese_chars: true,
  tokenizer_class: null,
  truncation_side: "right",
  unk_token: "[UNK]",
};

test("the defaults are BertTokenizer's", () => {
  expect(TokenizerConfig.toJson(TokenizerConfig.create())).toEqual(defaults);
  expect(TokenizerConfig.fromJson({ model_max_length: null })).toEqual(TokenizerConfig.create());
});

test("a file keeps every field through a round trip", () => {
  const json = {
    ...defaults,
    added_tokens_decoder: { "0": { content: "[PAD]", special: true } },
    model_max_length: 512,
    never_split: null,
    padding_side: "left",
    tokenizer_class: "BertTokenizer",
  };
  const config = TokenizerConfig.fromJson(json);
  expect(config.modelMaxLength).toBe(512);
  expect(config.extra).toEqual({ added_tokens_decoder: json.added_tokens_decoder, never_split: null });
  expect(TokenizerConfig.toJson(config)).toEqual(json);
});

test("the sentinel for no limit is read as Python writes it", () => {
  const json = JSON.parse('{"model_max_length":1000000000000000019884624838656}');
  expect(TokenizerConfig.fromJson(json).modelMaxLength).toBe(1e30);
});

test("tokens may be objects, if they are plain", () => {
  const token = {
    __type: "AddedToken",
    content: "[X]",
    lstrip: false,
    normalized: false,
    rstrip: false,
    single_word: false,
  };
  expect(TokenizerConfig.fromJson({ cls_token: token }).clsToken).toBe("[X]");
  expect(() => TokenizerConfig.fromJson({ cls_token: { ...token, lstrip: true } })).toThrow(
    "tokenizer_config.json cls_token: the value is wrong, expected a string that is not empty, or { content } without",
  );
});

test.each([
  ["unk_token", ""],
  ["pad_token", 0],
  ["padding_side", "up"],
  ["model_max_length", 0],
  ["strip_accents", "yes"],
])("B16: %s of %j", (key, value) => {
  expect(() => TokenizerConfig.fromJson({ [key]: value })).toThrow(`tokenizer_config.json ${key}: the value is wrong`);
});
