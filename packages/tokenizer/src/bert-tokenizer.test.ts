import { readFileSync } from "node:fs";
import type { JsonValue } from "@glimpsejs/base";
import { TokenizerConfig } from "@glimpsejs/config";
import { describe, expect, test } from "vitest";
import { vocabulary } from "./bert-base-uncased.ts";
import { BertTokenizer } from "./bert-tokenizer.ts";
import type { EncodeOptions } from "./options.ts";

interface Fixture {
  readonly vocab: string[];
  readonly texts: string[];
  readonly variants: readonly { readonly config: JsonValue; readonly ids: number[][] }[];
  readonly added: {
    readonly tokenizer: JsonValue;
    readonly texts: string[];
    readonly ids: number[][];
    readonly decoded: string[];
    readonly skipped: string[];
  };
  readonly left: {
    readonly texts: string[];
    readonly rows: { readonly input_ids: number[][]; readonly attention_mask: number[][] };
  };
}

const path = new URL("../test-data/variants.json", import.meta.url);
const { vocab, texts, variants, added, left }: Fixture = JSON.parse(readFileSync(path, "utf8"));
const bert = BertTokenizer.fromVocab(vocabulary);
const small = BertTokenizer.fromVocab(vocab.join("\n"));

test.each(variants)("texts have the ids of transformers with $config", ({ config, ids }) => {
  const tokenizer = BertTokenizer.fromVocab(vocab.join("\n"), { config: TokenizerConfig.fromJson(config) });
  expect(texts.map((text) => tokenizer.encode(text).inputIds)).toEqual(ids);
});

test("added tokens are found before or after normalization, as in transformers", () => {
  const tokenizer = BertTokenizer.fromTokenizerJson(added.tokenizer);
  const found = added.texts.map((text) => tokenizer.encode(text).inputIds);
  expect(found).toEqual(added.ids);
  expect(found.map((ids) => tokenizer.decode(ids))).toEqual(added.decoded);
  expect(found.map((ids) => tokenizer.decode(ids, { skipSpecialTokens: true }))).toEqual(added.skipped);
  expect(tokenizer.vocabSize).toBe(vocab.length + 6);
  expect(tokenizer.toTokenizerJson()).toEqual(added.tokenizer);
});

test("truncation and padding on the left are those of transformers", () => {
  const config = { truncationSide: "left", paddingSide: "left" } as const;
  const tokenizer = BertTokenizer.fromVocab(vocab.join("\n"), { config });
  const found = tokenizer.encodeBatch(left.texts, { truncation: true, maxLength: 6, padding: "longest" });
  expect(found).toEqual({ inputIds: left.rows.input_ids, attentionMask: left.rows.attention_mask });
  const { inputIds } = tokenizer.encode("it", { padding: "maxLength", maxLength: 4, paddingSide: "right" });
  expect(inputIds).toEqual([2, vocab.indexOf("it"), 3, 0]);
});

test("ids and tokens know each other, and where the special ones are", () => {
  expect(bert.vocabSize).toBe(30522);
  const { clsTokenId, sepTokenId, padTokenId, unkTokenId, maskTokenId } = bert;
  expect([clsTokenId, sepTokenId, padTokenId, unkTokenId, maskTokenId]).toEqual([101, 102, 0, 100, 103]);
  expect(bert.tokenToId("##s")).toBe(2015);
  expect(bert.idToToken(2015)).toBe("##s");
  expect(bert.tokenToId("no such token")).toBeUndefined();
  expect(bert.idToToken(30522)).toBeUndefined();
});

describe("files", () => {
  const demo = new URL("../../demo-model/models/captions/", import.meta.url);
  const file = (name: string) => readFileSync(new URL(name, demo), "utf8");

  test("vocab.txt and tokenizer.json of one model are one tokenizer, and are written as they were", () => {
    const config = TokenizerConfig.fromJson(JSON.parse(file("tokenizer_config.json")));
    const fromVocab = BertTokenizer.fromVocab(file("vocab.txt"), { config });
    const fromJson = BertTokenizer.fromTokenizerJson(JSON.parse(file("tokenizer.json")), { config });
    expect(fromVocab.toTokenizerJson()).toEqual(JSON.parse(file("tokenizer.json")));
    expect(fromJson.toTokenizerJson()).toEqual(JSON.parse(file("tokenizer.json")));
    expect(fromJson.toVocabText()).toBe(file("vocab.txt"));
    expect(fromJson.config).toEqual(config);
    expect(bert.toVocabText()).toBe(vocabulary);
  });

  test("a config goes before tokenizer.json, and tokenizer.json before the defaults", () => {
    const json = BertTokenizer.fromVocab(vocab.join("\n"), { config: { doLowerCase: false } }).toTokenizerJson();
    expect(BertTokenizer.fromTokenizerJson(json).config.doLowerCase).toBe(false);
    const config = { paddingSide: "left" } as const;
    expect(BertTokenizer.fromTokenizerJson(json, { config }).config).toMatchObject({ ...config, doLowerCase: false });
    const full = TokenizerConfig.create();
    expect(BertTokenizer.fromTokenizerJson(json, { config: full }).config.doLowerCase).toBe(true);
  });

  test("a vocabulary without a mask token has none", () => {
    const tokenizer = BertTokenizer.fromVocab("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[\n]\nmask\n");
    expect(tokenizer.maskTokenId).toBeUndefined();
    expect(tokenizer.encode("[MASK]").inputIds).toEqual([2, 4, 6, 5, 3]);
  });

  test("special tokens have the names of the config", () => {
    const config = { padToken: "<pad>", unkToken: "<unk>", clsToken: "<s>", sepToken: "</s>", maskToken: "<mask>" };
    const tokenizer = BertTokenizer.fromVocab("<s>\n</s>\n<pad>\n<unk>\na\n", { config });
    expect(tokenizer.encode("a b</s>").inputIds).toEqual([0, 4, 3, 1, 1]);
    expect(
      BertTokenizer.fromTokenizerJson(tokenizer.toTokenizerJson(), { config: { padToken: "<pad>" } }).clsTokenId,
    ).toBe(0);
  });

  test("a vocabulary that lines cannot say is refused as vocab.txt", () => {
    const written = JSON.parse(JSON.stringify(small.toTokenizerJson()));
    written.model.vocab["late"] = vocab.length + 1;
    const write = () => BertTokenizer.fromTokenizerJson(written).toVocabText();
    expect(write).toThrow(`vocab.txt line ${vocab.length + 1}: no piece has this id, got "late" with the id`);
    written.model.vocab["late"] = vocab.length;
    expect(write()).toBe(`${[...vocab, "late"].join("\n")}\n`);
    written.model.vocab["two\nlines"] = vocab.length + 1;
    expect(write).toThrow('the piece cannot stand in a line, got "two\\nlines" with the id');
  });
});

describe("options", () => {
  test("an unknown option names the nearest", () => {
    const options = JSON.parse('{"max_length": 3, "truncatoin": true, "zzz": 1}');
    expect(() => bert.encode("a", options)).toThrow(
      /"max_length": there is no such option. Did you mean "maxLength"\?/,
    );
    expect(() => bert.encode("a", options)).toThrow(/"truncatoin": .* Did you mean "truncation"\?/);
    expect(() => bert.encode("a", options)).toThrow(
      /"zzz": .* The options are addSpecialTokens, truncation, maxLength/,
    );
    expect(() => bert.decode([1], JSON.parse('{"skip_special_tokens": true}'))).toThrow(
      'Did you mean "skipSpecialTokens"?',
    );
    expect(() => BertTokenizer.fromVocab("", JSON.parse('{"doLowerCase": true}'))).toThrow("there is no such option");
  });

  test.each([
    [{ maxLength: 0, truncation: true }, "expected a whole number, 1 or above, got 0"],
    [{ maxLength: Number.NaN, truncation: true }, "expected a whole number, 1 or above, got NaN"],
    [{ maxLength: 1, truncation: true }, "there is no room for [CLS] and [SEP], expected 2 or above, got 1"],
    [{ truncation: true }, '"truncation": this tokenizer has no modelMaxLength. Set maxLength too.'],
    [{ padding: "maxLength" }, '"padding": this tokenizer has no modelMaxLength. Set maxLength too.'],
    [{ maxLength: 5 }, 'it does nothing alone. Set truncation: true, or padding: "maxLength".'],
    [
      { padding: "maxLength", maxLength: 1e9 },
      "the padding would be too long, expected at most 1000000, got 1000000000",
    ],
    [{ padding: "max_length" }, 'expected false or "longest" or "maxLength", got "max_length"'],
    [{ paddingSide: "top" }, 'expected "left" or "right", got "top"'],
    [
      { padding: "maxLength", maxLength: 2 },
      "text 0: it is longer than it is to be padded to, expected at most 2 tokens",
    ],
  ])("%j is refused", (options, message) => {
    expect(() => bert.encode("a", options as EncodeOptions)).toThrow(message);
  });

  test("the config's modelMaxLength is the default of maxLength", () => {
    const tokenizer = BertTokenizer.fromVocab(vocabulary, { config: { modelMaxLength: 4 } });
    expect(tokenizer.encode("a b c d", { truncation: true }).inputIds).toHaveLength(4);
    expect(tokenizer.encode("a", { padding: "maxLength" }).attentionMask).toEqual([1, 1, 1, 0]);
    expect(tokenizer.encode("a b c d").inputIds).toHaveLength(6);
  });

  test("what is no text is refused", () => {
    const expected = "expected a string or an array of strings";
    expect(() => bert.encode(JSON.parse("7"))).toThrow(`text 0: it cannot be encoded, ${expected}, got 7.`);
    expect(() => bert.encodeBatch(["a", JSON.parse('["b", null]')])).toThrow(
      `text 1: it cannot be encoded, ${expected}`,
    );
  });
});
