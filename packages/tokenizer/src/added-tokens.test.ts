// Added tokens of every kind, cut and padded on either side, against the Rust library: test-data/added-tokens.json.
import { readFileSync } from "node:fs";
import type { JsonValue } from "@glimpsejs/base";
import { TokenizerConfig } from "@glimpsejs/config";
import { expect, test } from "vitest";
import { BertTokenizer } from "./bert-tokenizer.ts";
import type { EncodeOptions } from "./options.ts";

type JsonObject = { readonly [name: string]: JsonValue };

interface Row {
  readonly text: string;
  readonly options: {
    readonly truncation?: boolean;
    readonly max_length?: number;
    readonly padding?: "max_length";
  };
  readonly ids: readonly number[];
  readonly mask: readonly number[];
  readonly decoded: string;
  readonly without_special: string;
}

const file = new URL("../test-data/added-tokens.json", import.meta.url);
const reference: {
  readonly vocabulary: readonly string[];
  readonly sets: readonly {
    readonly config: JsonObject;
    readonly tokens: readonly JsonObject[];
    readonly rows: readonly Row[];
  }[];
} = JSON.parse(readFileSync(file, "utf8"));
const plain = JSON.parse(JSON.stringify(BertTokenizer.fromVocab(reference.vocabulary.join("\n")).toTokenizerJson()));

function encodeOptions({ options }: Row): EncodeOptions {
  const { truncation, max_length: maxLength, padding } = options;
  return { truncation, maxLength, padding: padding && "maxLength" };
}

function computed(tokenizer: BertTokenizer, row: Row): Row {
  const { inputIds, attentionMask } = tokenizer.encode(row.text, encodeOptions(row));
  const decoded = tokenizer.decode(row.ids);
  const withoutSpecial = tokenizer.decode(row.ids, { skipSpecialTokens: true });
  return { ...row, ids: inputIds, mask: attentionMask, decoded, without_special: withoutSpecial };
}

test.each(reference.sets)("set %#: $tokens", ({ config, tokens, rows }) => {
  const json = { ...plain, added_tokens: [...plain.added_tokens, ...tokens] };
  const tokenizer = BertTokenizer.fromTokenizerJson(json, { config: TokenizerConfig.fromJson(config) });
  expect(rows.map((row) => computed(tokenizer, row))).toEqual(rows);
  const saved = BertTokenizer.fromTokenizerJson(tokenizer.toTokenizerJson(), { config: tokenizer.config });
  expect(rows.map((row) => computed(saved, row))).toEqual(rows);
});
